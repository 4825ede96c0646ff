// Python with the module `npusim` built in: runs its tests and the documentation's example against code that need not be
// position-independent, as the module itself (preset `python`) must be. Takes what python3 takes.
#include <Python.h>

PyMODINIT_FUNC PyInit_npusim();  // python/npusim_module.cpp

int main(int argument_count, char** arguments) {
  if (PyImport_AppendInittab("npusim", &PyInit_npusim) != 0) return 2;
  return Py_BytesMain(argument_count, arguments);
}
