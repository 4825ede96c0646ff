"""The Python module: what it returns, batches, files, faults. docs/python.md lists what it must do."""

import json
import pathlib
import tempfile
import unittest

import npusim

try:
    import numpy as np
except ImportError:
    print("SKIPPED: python3-numpy is not installed")
    raise SystemExit(77)

SMALL = "sqnxt_23v5_1.0_cifar"


def image(shape, seed):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


class Lists(unittest.TestCase):
    def test_networks_and_machines_are_listed(self):
        self.assertIn(SMALL, npusim.networks())
        self.assertEqual(len(set(npusim.networks())), len(npusim.networks()))
        self.assertIn("shift_npu", npusim.archs())


class Runs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = npusim.Machine("shift_npu")
        cls.program = cls.machine.compile(SMALL)
        cls.batch = cls.machine.compile(SMALL, batch=3)

    def test_engines_agree_and_report_what_they_measured(self):
        picture = image(self.program.input_shape, 1)
        timed = self.machine.run(self.program, picture)
        untimed = self.machine.run(self.program, picture, engine="functional")
        np.testing.assert_array_equal(timed["codes"], untimed["codes"])
        self.assertEqual(timed["output"].dtype, np.float32)
        self.assertEqual(timed["codes"].dtype, np.int32)
        self.assertEqual(timed["output"].shape, self.program.output_shape)
        report = timed["report"]
        self.assertEqual(report["cycles"], sum(layer["cycles"] for layer in report["layers"]))
        self.assertEqual(self.program.network, SMALL)
        self.assertGreater(self.program.instructions, 100)

    def test_an_array_of_other_type_or_order_means_the_same_numbers(self):
        picture = np.asfortranarray(image(self.program.input_shape, 2).astype(np.float64))
        expected = self.machine.run(self.program, picture.astype(np.float32), engine="functional")
        found = self.machine.run(self.program, picture, engine="functional")
        np.testing.assert_array_equal(found["codes"], expected["codes"])

    def test_a_batch_gives_every_image_what_it_gets_alone(self):
        pictures = np.stack([image(self.program.input_shape, seed) for seed in range(3)])
        alone = [self.machine.run(self.program, one, engine="functional")["codes"] for one in pictures]
        self.assertEqual(self.batch.images, 3)
        self.assertEqual(self.batch.input_shape, self.program.input_shape)
        for engine in ("functional", "systemc"):
            result = self.machine.run(self.batch, pictures, engine=engine)
            self.assertEqual(result["codes"].shape, (3, *self.program.output_shape))
            np.testing.assert_array_equal(result["codes"], np.stack(alone))
        self.assertEqual(result["report"]["images"], 3)

    def test_a_program_file_runs_like_its_program(self):
        picture = image(self.program.input_shape, 3)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "net.npuprog"
            self.program.save(path)
            loaded = self.machine.load(str(path))
        expected = self.machine.run(self.program, picture, engine="functional")["output"]
        np.testing.assert_array_equal(self.machine.run(loaded, picture, engine="functional")["output"], expected)

    def test_saved_integers_make_the_same_program_again(self):
        with tempfile.TemporaryDirectory() as folder:
            integers = str(pathlib.Path(folder) / "integers.json")
            first = self.machine.compile(SMALL, save_quantization=integers)
            again = self.machine.compile(SMALL, quantization=integers)
            paths = [pathlib.Path(folder) / name for name in ("a", "b")]
            for program, path in zip((first, again), paths):
                program.save(path)
            self.assertEqual(*(path.read_bytes() for path in paths))

    def test_a_machine_survives_its_own_configuration(self):
        config = self.machine.config
        self.assertEqual(config["pe_array"]["rows"], 16)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "machine.json"
            path.write_text(json.dumps(config))
            self.assertEqual(npusim.Machine(str(path)).config, config)


class Faults(unittest.TestCase):
    def test_every_fault_of_the_caller_is_a_value_error_that_says_what_was_found(self):
        machine = npusim.Machine()
        program = machine.compile(SMALL)
        batch = machine.compile(SMALL, batch=2)
        shape = program.input_shape
        for call, words in (
            (lambda: npusim.Machine("no_such"), "no_such"),
            (lambda: machine.compile("no_such"), "no_such"),
            (lambda: machine.compile(SMALL, batch=0), "0"),
            (lambda: machine.compile(SMALL, shift_bits=9), "9"),
            (lambda: machine.load("no_such_file"), "no_such_file"),
            (lambda: machine.run(program, image((3, 5), 0)), "found 15 numbers"),
            (lambda: machine.run(batch, image(shape, 0)), "2 x 3 x 32 x 32"),
            (lambda: machine.run(program, engine="estimate"), "estimate"),
        ):
            with self.subTest(words=words):
                with self.assertRaisesRegex(npusim.Error, words):
                    call()
        self.assertTrue(issubclass(npusim.Error, ValueError))


if __name__ == "__main__":
    unittest.main()
