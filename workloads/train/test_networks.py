"""Tests of the networks, the fused operator and the exported graphs; no network access, no data set.

  cd workloads/train && /usr/bin/python3 -m unittest -v test_networks
"""

import csv
import pathlib
import tempfile
import unittest

import numpy as np
import onnx
import torch

import export
import fused_norm
import models
import onnx_numpy

TOPOLOGIES = pathlib.Path(__file__).resolve().parents[2] / "../shared/reference/topologies"


class Networks(unittest.TestCase):
    def conv_rows(self, name):
        """(kernel_h, kernel_w, stride, groups, in_c, out_c, out_h, out_w) of each convolution in the order it runs."""
        model, form = models.build(name, "imagenet")
        rows = []

        def note(layer, inputs, output):
            rows.append((*layer.kernel_size, layer.stride[0], layer.groups, layer.in_channels, *output.shape[1:]))

        for layer in model.modules():
            if isinstance(layer, torch.nn.Conv2d):
                layer.register_forward_hook(note)
        with torch.inference_mode():
            model.eval()(torch.zeros(1, 3, form.size, form.size))
        return rows

    def test_parameters_are_those_published(self):
        published = {  # millions
            "sqnxt_23_1.0": 0.72, "sqnxt_23v2_1.0": 0.74, "sqnxt_23v3_1.0": 0.74, "sqnxt_23v4_1.0": 0.77,
            "sqnxt_23v5_1.0": 0.94, "mobilenet_v1_1.0": 4.2, "mobilenet_v2_1.0": 3.5,
        }  # fmt: skip
        for name, millions in published.items():
            count = models.parameter_count(models.build(name, "imagenet")[0]) / 1e6
            self.assertAlmostEqual(count / millions, 1, delta=0.015, msg=name)

    def test_multiply_accumulates_are_those_published(self):
        for name, millions in {"sqnxt_23_1.0": 282, "sqnxt_23v5_1.0": 228, "mobilenet_v1_1.0": 574}.items():
            macs = sum(h * w * o * i // g * kh * kw for kh, kw, _, g, i, o, h, w in self.conv_rows(name))
            self.assertAlmostEqual(macs / 1e6 / millions, 1, delta=0.02, msg=name)

    def test_layers_are_those_of_the_authors_tables(self):
        if not TOPOLOGIES.exists():
            self.skipTest("shared reference/topologies is absent")
        for name in ("sqnxt_23_1.0", "sqnxt_23_2.0", "sqnxt_23v5_1.0"):
            with open(TOPOLOGIES / f"{name}.csv", newline="") as file:
                table = list(csv.DictReader(line for line in file if not line.startswith("#")))
            columns = ("kernel_h", "kernel_w", "stride", "groups", "in_c", "out_c", "out_h", "out_w")
            expected = [tuple(int(row[c]) for c in columns) for row in table if row["op"] == "conv"]
            self.assertEqual(self.conv_rows(name), expected, name)

    def test_cifar_form_keeps_the_stem_at_full_size_and_ends_on_4x4(self):
        for name in ("sqnxt_23_1.0", "sqnxt_23v5_1.0", "mobilenet_v1_0.25", "mobilenet_v2_0.35"):
            model, form = models.build(name)
            image = torch.zeros(1, 3, form.size, form.size)
            self.assertEqual((form.size, form.classes), (32, 10))
            self.assertEqual(model.features[0](image).shape[2:], (32, 32), name)
            self.assertEqual(model.features(image).shape[2:], (4, 4), name)

    def test_leaving_out_the_relu_after_the_add_changes_neither_values_nor_gradients(self):
        torch.manual_seed(3)
        model = models.build("sqnxt_23_0.25")[0].double().eval()
        images = torch.randn(2, 3, 32, 32, dtype=torch.double)
        results = []
        for relu_left_out in (False, True):
            for block in model.modules():
                if isinstance(block, models.SqueezeNextBlock):
                    block.training = relu_left_out  # of the block alone: its batch norms stay as they are
            model.zero_grad()
            logits = model(images)
            logits.square().sum().backward()
            results.append([logits.detach()] + [p.grad.clone() for p in model.parameters()])
        for with_relu, without in zip(*results):
            torch.testing.assert_close(with_relu, without, rtol=1e-9, atol=1e-12)

    def test_unknown_names_are_refused(self):
        for name in ("sqnxt_24_1.0", "resnet_18", "mobilenet_v3_1.0", "sqnxt_23"):
            with self.assertRaisesRegex(ValueError, "network: found"):
                models.build(name)


class FusedNorm(unittest.TestCase):
    def both(self, channels, height, workers):
        """(output, gradients, running statistics) of torch's operators in double precision and of the fused one."""
        torch.manual_seed(channels)
        torch.set_num_threads(workers)
        self.addCleanup(torch.set_num_threads, 1)
        x = torch.randn(6, channels, height, 5) * 2 + 30  # a mean far from 0, where sums of squares lose digits
        grad = torch.randn_like(x)
        scale, offset = torch.randn(channels), torch.randn(channels)
        results = []
        for dtype, operator in (
            (torch.double, lambda x, norm: torch.relu(norm(x))), (torch.float, fused_norm.norm_relu),
        ):  # fmt: skip
            norm = torch.nn.BatchNorm2d(channels).to(dtype)
            with torch.no_grad():
                norm.weight.copy_(scale)
                norm.bias.copy_(offset)
            source = x.to(dtype).contiguous(memory_format=torch.channels_last).requires_grad_()
            y = operator(source, norm)
            y.backward(grad.to(dtype))
            results.append((y.detach(), source.grad, norm.weight.grad, norm.bias.grad, norm.running_mean, norm.running_var))
        return results

    def test_it_computes_what_torch_computes(self):
        for channels in (1, 3, 8, 16, 32, 64, 100, 128, 256):
            for workers in (1, 2):
                expected, found = self.both(channels, 7, workers)
                for double, single in zip(expected, found):
                    torch.testing.assert_close(single.double(), double, rtol=2e-4, atol=2e-4)

    def test_gradients_that_autograd_broadcasts_are_read_right(self):
        norm = torch.nn.BatchNorm2d(8)
        x = torch.randn(2, 8, 3, 3).requires_grad_()  # NCHW in memory, and sum() gives a gradient without strides
        fused_norm.norm_relu(x, norm).sum().backward()
        fused = x.grad.clone()
        x.grad = None
        torch.relu(torch.nn.BatchNorm2d(8)(x)).sum().backward()
        torch.testing.assert_close(fused, x.grad, rtol=1e-4, atol=1e-6)


class Graphs(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)

    def test_numpy_computes_the_same_logits_from_the_onnx_file(self):
        torch.manual_seed(8)
        for name, form in (
            ("sqnxt_23_0.25", "cifar"), ("sqnxt_23v5_0.25", "imagenet"), ("mobilenet_v1_0.25", "cifar"),
            ("mobilenet_v2_0.35", "cifar"),
        ):  # fmt: skip
            model, shape = models.build(name, form)
            model.train()
            with torch.no_grad():  # statistics, scales and offsets as different as in a trained network
                model(torch.randn(4, 3, shape.size, shape.size))
                for parameter in model.parameters():
                    parameter.add_(0.02 * torch.randn_like(parameter))
            path = self.folder / "net.onnx"
            export.export_onnx(model, shape.size, path)
            image = torch.randn(1, 3, shape.size, shape.size)
            with torch.inference_mode():
                expected = model.eval()(image)[0].numpy()
            found = onnx_numpy.run(str(path), image[0].numpy())
            np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max(), err_msg=name)

    def test_the_graph_keeps_batch_norms_and_says_what_it_takes(self):
        model, shape = models.build("sqnxt_23_0.25")
        path = self.folder / "net.onnx"
        export.export_onnx(model, shape.size, path)
        file = onnx.load(str(path))
        kinds = [node.op_type for node in file.graph.node]
        self.assertEqual(file.opset_import[0].version, 13)
        self.assertEqual([kinds.count(k) for k in ("Conv", "BatchNormalization", "Add", "Gemm")], [111, 111, 21, 1])
        self.assertEqual(kinds.count("Relu"), 111 + 21)
        self.assertNotIn("Identity", kinds)
        axes = file.graph.input[0].type.tensor_type.shape.dim
        self.assertEqual((file.graph.input[0].name, [a.dim_value for a in axes]), ("input", [1, 3, 32, 32]))


if __name__ == "__main__":
    unittest.main()
