// The Python module: a thin layer over npu::sim::Session. Reports become dictionaries, tensors NumPy arrays
// [channel][row][column]; every fault of the caller is an npusim.Error. The interpreter is free while npusim
// works.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include "hw/common/error.h"
#include "sim/cli/config_files.h"
#include "sim/cli/session.h"
#include "workloads/networks.h"

namespace py = pybind11;

namespace {

using npu::sim::PreparedProgram;
using npu::sim::Session;
using FloatArray = py::array_t<float, py::array::c_style | py::array::forcecast>;

py::object to_python(const nlohmann::ordered_json& json) {
  return py::module_::import("json").attr("loads")(json.dump());
}

py::tuple shape_of(const npu::hw::TensorSymbol& symbol) {
  return py::make_tuple(symbol.channels, symbol.height, symbol.width);
}

template <class Value>
py::array_t<Value> to_array(const std::vector<Value>& values, const std::vector<std::int64_t>& shape) {
  py::array_t<Value> array(shape);
  std::copy(values.begin(), values.end(), array.mutable_data());
  return array;
}

PreparedProgram compile(const Session& session, const std::string& network, const std::string& calibration,
                        std::int64_t calibration_images, std::optional<int> shift_bits,
                        std::optional<bool> bias_correction, std::uint64_t seed, std::int64_t batch,
                        const std::string& quantization, const std::string& save_quantization) {
  npu::sim::NetworkOptions options;
  options.network = network;
  options.calibration = calibration;
  options.calibration_images = calibration_images;
  options.shift_bits = shift_bits;
  options.bias_correction = bias_correction;
  options.seed = seed;
  options.batch = batch;
  options.quantization = quantization;
  options.save_quantization = save_quantization;
  const py::gil_scoped_release free_interpreter;
  return session.compile(options);
}

py::dict run(const Session& session, const PreparedProgram& program, const std::optional<FloatArray>& input,
             const std::string& engine) {
  std::span<const float> numbers;
  if (input) {
    numbers = {input->data(), static_cast<std::size_t>(input->size())};
  }
  npu::sim::SessionResult result;
  {
    const py::gil_scoped_release free_interpreter;
    result = session.run(program, engine, numbers);
  }
  py::dict answer;
  answer["report"] = to_python(result.report);
  answer["output"] = to_array(result.output, result.output_shape);
  answer["codes"] = to_array(result.output_codes, result.output_shape);
  return answer;
}

}  // namespace

PYBIND11_MODULE(npusim, module) {
  module.doc() =
      "Compiles neural networks for an NPU and simulates it: bit-exact results, cycles, energy, memory.";
  py::register_exception<npu::Error>(module, "Error", PyExc_ValueError);
  module.def("networks", &npu::workloads::network_names, "Names of the built-in networks.");
  module.def("archs", &npu::sim::arch_names, "Names of the machines that come with the tool.");

  py::class_<PreparedProgram>(module, "Program", "A compiled network.")
      .def_property_readonly("network", [](const PreparedProgram& self) { return self.program.network; })
      .def_property_readonly("instructions",
                             [](const PreparedProgram& self) { return self.program.instructions.size(); })
      .def_property_readonly(
          "input_shape",
          [](const PreparedProgram& self) { return shape_of(self.program.tensor(self.program.input)); },
          "Channels, height, width.")
      .def_property_readonly(
          "images", [](const PreparedProgram& self) { return self.program.images(); },
          "How many images one run takes.")
      .def_property_readonly(
          "output_shape",
          [](const PreparedProgram& self) { return shape_of(self.program.tensor(self.program.output)); })
      .def(
          "save",
          [](const PreparedProgram& self, const std::filesystem::path& path) {
            npu::hw::write_program(self.program, path);
          },
          py::arg("path"), "Writes the program file that `npusim run --program` reads.");

  py::class_<Session>(module, "Machine", "One machine, to compile for and to run on.")
      .def(py::init<const std::string&, std::string>(), py::arg("arch") = npu::sim::kDefaultArch,
           py::arg("tool") = "",
           "arch: a name of archs() or a .json file. tool: the npusim executable, found by itself where the "
           "module "
           "stands in the build folder or is installed.")
      .def_property_readonly(
          "config", [](const Session& self) { return to_python(npu::hw::arch_to_json(self.arch())); },
          "The machine with all defaults, as its JSON file would say it.")
      .def("compile", &compile, py::arg("network"), py::kw_only(), py::arg("calibration") = "",
           py::arg("calibration_images") = 100, py::arg("shift_bits") = py::none(),
           py::arg("bias_correction") = py::none(), py::arg("seed") = 1, py::arg("batch") = 1,
           py::arg("quantization") = "", py::arg("save_quantization") = "",
           "network: a name of networks() or an .onnx file, which needs a calibration: a folder of images, a "
           "saved "
           ".json, or 'synthetic'; a QDQ model needs none. batch: images that one run processes. "
           "quantization, "
           "save_quantization: files of scales and integers to take and to write.")
      .def("load", &Session::load, py::arg("program_file"), "Reads a program of save() or `npusim compile`.")
      .def("run", &run, py::arg("program"), py::arg("input") = py::none(), py::kw_only(),
           py::arg("engine") = "systemc",
           "input: an array [channel][row][column], of a program for N images [image][channel][row][column], "
           "or None for a synthetic field. engine: systemc (results, "
           "cycles, "
           "energy) or functional (results). Returns {'report': dict, 'output': floats, 'codes': integers}.");
}
