"""Tests of images, runs and command line on tiny synthetic images; no network access, no data set.

  cd workloads/train && /usr/bin/python3 -m unittest -v test_train
"""

import contextlib
import csv
import dataclasses
import io
import json
import pathlib
import tarfile
import tempfile
import unittest

import numpy as np
import torch
from PIL import Image

import checkpoint
import data
import export
import models
import plot
import train as command_line
from settings import Settings, SettingsError
from trainer import Trainer, learning_rate

TINY = dict(model="sqnxt_23v5_0.125", epochs=2, batch_size=8, sizes="16:1", workers=2, peak_lr=0.05, ema=0.9)


def synthetic(count: int, seed: int) -> data.ImageSet:
    """Images of two classes, reddish and bluish noise."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    images = rng.integers(0, 160, (count, 32, 32, 3), dtype=np.uint8)
    images[labels == 0, :, :, 0] += 90
    images[labels == 1, :, :, 2] += 90
    return data.ImageSet(images, labels.astype(np.int64), ["blue", "red"])


def write_folder(root: pathlib.Path, images: data.ImageSet) -> None:
    for index, (image, label) in enumerate(zip(images.images, images.labels)):
        folder = root / images.classes[label]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{index:04}.png")


def quiet(_text):
    """A report that goes nowhere."""


class TemporaryFolder(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)

    def trainer(self, name="run", train=None, **changes) -> Trainer:
        settings = Settings(**{**TINY, **changes})
        return Trainer(settings, train or synthetic(32, 1), synthetic(16, 2), str(self.folder / name))


class Images(TemporaryFolder):
    def batches(self, images, epoch=0, first=0, seed=5, **augmentation):
        options = data.Augmentation(**{"padding": 0, "flip": False, **augmentation})
        source = data.TrainingBatches(images, 4, seed, options, data.Normaliser([0.0] * 3, [1.0] * 3))
        return [(pixels.numpy(), labels.numpy()) for pixels, labels in source.epoch(epoch, first, 32)]

    def test_folder_and_tar_give_the_same_images(self):
        original = synthetic(12, 4)
        write_folder(self.folder / "set", original)
        with tarfile.open(self.folder / "set.tar", "w") as archive:
            archive.add(self.folder / "set", "some/prefix")
        from_folder = data.load_images(str(self.folder / "set"), 32)
        from_tar = data.load_images(str(self.folder / "set.tar"), 32)
        by_class = np.argsort(original.labels, kind="stable")
        for found in (from_folder, from_tar):
            self.assertEqual(found.classes, ["blue", "red"])
            np.testing.assert_array_equal(found.images, original.images[by_class])
            np.testing.assert_array_equal(found.labels, original.labels[by_class])
        self.assertEqual(data.load_images(str(self.folder / "set"), 24).images.shape, (12, 24, 24, 3))

    def test_unusable_sources_are_named(self):
        with self.assertRaisesRegex(data.DataError, "does not exist"):
            data.load_images(str(self.folder / "nothing"), 32)
        with self.assertRaisesRegex(data.DataError, "found no image"):
            data.load_images(str(self.folder), 32)
        (self.folder / "blue").mkdir()
        (self.folder / "blue" / "bad.png").write_bytes(b"not a picture")
        with self.assertRaisesRegex(data.DataError, "blue/bad.png: not a readable image"):
            data.load_images(str(self.folder), 32)

    def test_statistics_are_those_of_the_pixels(self):
        images = synthetic(8, 9).images
        mean, std = data.channel_statistics(images)
        np.testing.assert_allclose(mean, images.reshape(-1, 3).mean(0), atol=0.006)
        np.testing.assert_allclose(std, images.reshape(-1, 3).std(0), atol=0.006)

    def test_an_epoch_shows_every_image_once_with_its_label(self):
        images = synthetic(12, 6)
        seen = self.batches(images)
        pixels = np.concatenate([p for p, _ in seen]).transpose(0, 2, 3, 1).astype(np.uint8)
        labels = np.concatenate([l for _, l in seen])
        found = [int(np.flatnonzero((images.images == p).all((1, 2, 3)))[0]) for p in pixels]
        self.assertEqual(sorted(found), list(range(12)))
        np.testing.assert_array_equal(labels, images.labels[found])

    def test_crops_and_flips_are_parts_of_the_padded_image(self):
        images = synthetic(4, 7)
        padded = np.pad(images.images, ((0, 0), (4, 4), (4, 4), (0, 0)))
        windows = {
            (padded[i, y : y + 32, x : x + 32][:, ::step].tobytes()): step
            for i in range(4) for y in range(9) for x in range(9) for step in (1, -1)
        }  # fmt: skip
        steps = []
        for epoch in range(8):
            for pixels, _ in self.batches(images, epoch, padding=4, flip=True):
                for image in pixels.transpose(0, 2, 3, 1).astype(np.uint8):
                    self.assertIn(image.tobytes(), windows)
                    steps.append(windows[image.tobytes()])
        self.assertEqual(set(steps), {1, -1})

    def test_cutout_sets_at_most_its_square_to_the_mean(self):
        images = synthetic(4, 8)
        images.images[:] = np.maximum(images.images, 1)
        for pixels, _ in self.batches(images, cutout=8):
            for image in pixels:
                rows, columns = np.nonzero((image == 0).all(0))
                self.assertEqual(len(rows), len(set(rows)) * len(set(columns)))
                self.assertTrue(16 <= len(rows) <= 64, len(rows))

    def test_batches_depend_on_seed_and_epoch_and_on_nothing_else(self):
        images = synthetic(16, 3)
        whole = self.batches(images, epoch=2, padding=4, flip=True)
        rest = self.batches(images, epoch=2, first=2, padding=4, flip=True)
        for (pixels, labels), (again, labels_again) in zip(whole[2:], rest, strict=True):
            np.testing.assert_array_equal(pixels, again)
            np.testing.assert_array_equal(labels, labels_again)
        for other in ({"epoch": 3}, {"epoch": 2, "seed": 6}):
            different = self.batches(images, **other, padding=4, flip=True)
            self.assertFalse(np.array_equal(whole[0][0], different[0][0]))


class Runs(TemporaryFolder):
    def assert_same_state(self, one: Trainer, other: Trainer):
        for key, value in one.model.state_dict().items():
            self.assertTrue(torch.equal(value, other.model.state_dict()[key]), key)
        for key, value in (one.averaged or {}).items():
            self.assertTrue(torch.equal(value, other.averaged[key]), key)
        mine, its = one.optimiser.state_dict()["state"], other.optimiser.state_dict()["state"]
        self.assertEqual(mine.keys(), its.keys())
        for index in mine:
            for key, value in mine[index].items():
                self.assertTrue(torch.equal(torch.as_tensor(value), torch.as_tensor(its[index][key])), (index, key))

    def log(self, trainer: Trainer):
        """Rows of log.csv without the columns that hold times."""
        with open(trainer.folder / "log.csv", newline="") as file:
            return [{k: v for k, v in row.items() if "second" not in k} for row in csv.DictReader(file)]

    def test_stopping_and_continuing_gives_the_bits_of_one_run(self):
        for optimiser in ("sgd", "adamw"):
            whole = self.trainer(f"{optimiser}-whole", optimiser=optimiser, cutout=4)
            self.assertTrue(whole.run(99, report=quiet))
            for stop in (3, 4, 6):  # inside the first epoch, at its end, inside the second; 4 steps each
                name = f"{optimiser}-{stop}"
                first = self.trainer(name, optimiser=optimiser, cutout=4)
                self.assertFalse(first.run(99, stop_after=stop, report=quiet))
                torch.manual_seed(999)  # whatever the process did in between
                second = self.trainer(name, optimiser=optimiser, cutout=4)
                second.resume()
                self.assertEqual(second.step, stop)
                self.assertTrue(second.run(99, report=quiet))
                self.assert_same_state(whole, second)
                self.assertEqual(self.log(whole), self.log(second))

    def test_workers_add_up_to_the_gradient_of_the_whole_batch(self):
        rng = np.random.default_rng(5)
        images = torch.from_numpy(rng.random((8, 3, 32, 32), np.float32)).contiguous(memory_format=torch.channels_last)
        labels = torch.from_numpy(rng.integers(0, 2, 8))
        trainer = self.trainer(peak_lr=0.0, momentum=0.0, ema=0.0, fused=False)
        trainer._train_step(images, labels)
        expected = [torch.zeros_like(p) for p in trainer.model.parameters()]
        model = models.build(TINY["model"], "cifar", 2)[0].train().to(memory_format=torch.channels_last)
        model.load_state_dict(trainer.model.state_dict())
        for part in range(2):  # batch norms see their half, gradients are those of the mean over both
            model.zero_grad()
            at = slice(4 * part, 4 * part + 4)
            (0.5 * torch.nn.functional.cross_entropy(model(images[at]), labels[at])).backward()
            for total, parameter in zip(expected, model.parameters()):
                total += parameter.grad
        for parameter, gradient in zip(trainer.model.parameters(), expected):
            torch.testing.assert_close(parameter.grad, gradient, rtol=1e-4, atol=1e-6)

    def test_another_seed_gives_another_run(self):
        one, other = self.trainer("a", epochs=1), self.trainer("b", epochs=1, seed=2)
        for trainer in (one, other):
            trainer.run(99, report=quiet)
        self.assertFalse(torch.equal(one.model.fc.weight, other.model.fc.weight))

    def test_it_learns_to_tell_red_from_blue(self):
        changes = dict(model="mobilenet_v1_0.25", epochs=6, sizes="", ema=0.0, peak_lr=0.1, batch_size=16)
        trainer = self.trainer(train=synthetic(128, 1), **changes)
        trainer.run(99, report=quiet)
        losses = [row["train_loss"] for row in trainer.history]
        self.assertLess(losses[-1], 0.5 * losses[0])
        self.assertGreaterEqual(trainer.history[-1]["test_top1_percent"], 90)

    def test_a_checkpoint_continues_only_its_own_run(self):
        self.trainer().run(99, stop_after=1, report=quiet)
        with self.assertRaisesRegex(checkpoint.CheckpointError, "peak_lr: checkpoint has 0.05, this command has 0.1"):
            self.trainer(peak_lr=0.1).resume()
        with self.assertRaisesRegex(checkpoint.CheckpointError, "training images"):
            self.trainer(train=synthetic(32, 77)).resume()

    def test_a_write_that_fails_leaves_the_old_checkpoint(self):
        path = self.folder / "c.pt"
        checkpoint.save(path, {"value": 1})

        def half_written(file):
            file.write(b"half")
            raise OSError("disk full")

        with self.assertRaises(OSError):
            checkpoint.write_atomically(path, half_written)
        self.assertEqual(checkpoint.load(path)["value"], 1)
        path.write_bytes(b"half")
        with self.assertRaisesRegex(checkpoint.CheckpointError, "not a readable checkpoint"):
            checkpoint.load(path)

    def test_the_description_beside_it_holds_what_was_measured(self):
        trainer = self.trainer(epochs=1)
        trainer.run(99, report=quiet)
        described = json.loads(export.export_run(trainer, self.folder / "out", ["the command"]).read_text())
        self.assertEqual(described["measured"]["top1_percent"], trainer.history[-1]["test_top1_percent"])
        self.assertEqual(described["classes"], ["blue", "red"])
        self.assertEqual(described["input"]["mean"], trainer.mean)
        self.assertEqual(described["training"]["commands"], ["the command"])

    def test_a_run_can_begin_with_the_weights_of_another(self):
        first = self.trainer("first", epochs=1)
        first.run(99, report=quiet)
        path = first.checkpoint_path
        second = self.trainer("second", seed=2, start_from=str(path))
        second.start_from(path)
        tested = first.final_model().state_dict()
        for name, value in second.model.state_dict().items():
            self.assertTrue(torch.equal(value, tested[name]), name)
        self.assertEqual((second.step, second.history), (0, []))
        second.run(99, stop_after=2, report=quiet)
        continued = self.trainer("second", seed=2, start_from=str(path))
        continued.resume()
        continued.run(99, report=quiet)
        arguments = command_line.parser().parse_args(["--train", "a", "--test", "t", "--out", "o"])
        commands = command_line.repeatable_commands(arguments, continued)
        self.assertEqual(len(commands), 2)
        self.assertIn("--out RUN1", commands[0])
        self.assertNotIn("--start-from", commands[0])
        self.assertIn("--start-from RUN1/checkpoint.pt", commands[1])
        other = self.trainer("other", model="sqnxt_23_0.125")
        with self.assertRaisesRegex(checkpoint.CheckpointError, "sqnxt_23_0.125"):
            other.start_from(path)

    def test_different_classes_in_the_test_images_are_refused(self):
        other = synthetic(16, 2)
        other.classes = ["green", "red"]
        with self.assertRaisesRegex(data.DataError, "test set: found classes"):
            Trainer(Settings(**TINY), synthetic(32, 1), other, str(self.folder))

    def test_the_rate_rises_to_its_peak_and_falls_to_nothing(self):
        for schedule in ("onecycle", "cosine"):
            settings = Settings(peak_lr=0.4, warmup=0.25, schedule=schedule)
            rates = [learning_rate(settings, step, 1000) for step in range(1000)]
            top = int(np.argmax(rates))
            self.assertAlmostEqual(top, 250, delta=1)
            self.assertAlmostEqual(rates[top], 0.4, delta=0.002)
            self.assertTrue(np.all(np.diff(rates[:top]) > 0) and np.all(np.diff(rates[top + 1 :]) < 0))
            self.assertLess(max(rates[0], rates[-1]), 0.001)


class CommandLine(TemporaryFolder):
    def call(self, *words):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = command_line.main([*map(str, words)])
        return code, out.getvalue(), err.getvalue()

    def test_stop_continue_export_and_plot(self):
        write_folder(self.folder / "images", synthetic(16, 1))
        words = ["--train", self.folder / "images", "--test", self.folder / "images", "--out", self.folder / "run"]
        for key, value in {**TINY, "epochs": 1}.items():
            words += ["--" + key.replace("_", "-"), value]
        self.assertEqual(self.call(*words, "--stop-after", 1)[0], command_line.STOPPED)
        code, out, _ = self.call(*words)
        self.assertEqual(code, 0)
        self.assertIn("continuing", out)
        self.assertTrue((self.folder / "run" / "sqnxt_23v5_0.125.onnx").exists())
        picture = self.folder / "curves.svg"
        self.assertEqual(plot.main(["--out", str(picture), f"run={self.folder / 'run' / 'log.csv'}"]), 0)
        self.assertIn("<svg", picture.read_text())
        code, _, err = self.call(*words, "--seed", 7)
        self.assertEqual(code, 2)
        self.assertIn("belongs to another run", err)

    def test_users_faults_give_one_line_and_exit_code_2(self):
        basics = ["--train", self.folder / "x", "--test", self.folder / "x", "--out", self.folder / "run"]
        for words, message in (
            ([], "does not exist"), (["--model", "alexnet"], "network: found 'alexnet'"),
            (["--sizes", "24x8"], "sizes: found '24x8'"), (["--optimiser", "adam"], "optimiser: found 'adam'"),
            (["--epochs", "0"], "epochs: found 0, expected at least 1"),
        ):  # fmt: skip
            code, _, err = self.call(*basics, *words)
            self.assertEqual((code, err.count("\n")), (2, 1), err)
            self.assertIn(message, err)
        with contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(plot.main(["--out", "x.svg", __file__]), 2)

    def test_the_recorded_command_gives_the_same_settings_again(self):
        settings = Settings(**TINY, flip=False, cutout=8)
        arguments = command_line.parser().parse_args(["--train", "a b.tar", "--test", "t", "--out", "o"])
        words = command_line.shlex.split(command_line.repeatable_command(arguments, settings, "RUN", ""))
        again = command_line.parser().parse_args(words[1:])
        found = Settings(**{f.name: getattr(again, f.name) for f in dataclasses.fields(Settings)})
        self.assertEqual((found, again.train), (settings, "a b.tar"))

    def test_settings_out_of_range_are_refused(self):
        for change in ({"momentum": 1.5}, {"precision": "int8"}, {"workers": 0}, {"batch_size": 3}, {"fused": True, "precision": "bfloat16"}, {"schedule": "steps"}):
            with self.assertRaisesRegex(SettingsError, next(iter(change))):
                Settings(**change).check()


if __name__ == "__main__":
    unittest.main()
