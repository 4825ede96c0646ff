"""Networks that the training program can build: the SqueezeNext family and small MobileNets.

Models the layer order, channel widths, strides and shortcuts of the published networks, from parameters
(blocks per stage, stem kernel, width, how a stage begins, input form). Does not model any quantisation.

Every variant has two input forms:
  imagenet  3x227x227 (SqueezeNext) or 3x224x224 (MobileNet), strided stem (and max pool), 1000 classes
  cifar     3x32x32, stem with stride 1 and 'same' padding, no max pool, 10 classes;
            a MobileNet also leaves out its first later down-sampling, so that all end on 4x4 maps

Sources: SqueezeNext, arXiv 1803.10615 (Table 3, Fig. 3 and the authors' layer tables);
MobileNet v1, arXiv 1704.04861 (Table 1); MobileNet v2, arXiv 1801.04381 (Table 2).
"""

from __future__ import annotations

import dataclasses
import re

import torch
from torch import nn

import fused_norm


@dataclasses.dataclass(frozen=True)
class InputForm:
    """Size of the input image in pixels and the number of classes."""

    name: str
    size: int
    classes: int


def input_form(family: str, form: str) -> InputForm:
    """The input form `imagenet` or `cifar` of a family (`sqnxt` or `mobilenet`)."""
    if form == "cifar":
        return InputForm("cifar", 32, 10)
    if form == "imagenet":
        return InputForm("imagenet", 227 if family == "sqnxt" else 224, 1000)
    raise ValueError(f"input form: found '{form}', expected 'imagenet' or 'cifar'")


@dataclasses.dataclass(frozen=True)
class SqueezeNextSpec:
    """What distinguishes one SqueezeNext from another.

    blocks       modules in each of the four stages
    stem_kernel  side of the first convolution's kernel
    split_start  True: the first module of a stage sees the stage's input twice, through a projection shortcut
                 and through its own strided reduction (23); False: one strided 1x1 convolution first, then
                 modules with identity shortcuts only (23v2 to 23v5)
    """

    blocks: tuple[int, int, int, int]
    stem_kernel: int
    split_start: bool


SQUEEZENEXT = {
    "23": SqueezeNextSpec((6, 6, 8, 1), 7, True),
    "23v2": SqueezeNextSpec((6, 6, 8, 1), 5, False),
    "23v3": SqueezeNextSpec((4, 8, 8, 1), 5, False),
    "23v4": SqueezeNextSpec((2, 10, 8, 1), 5, False),
    "23v5": SqueezeNextSpec((2, 4, 14, 1), 5, False),
}
STAGE_CHANNELS = (32, 64, 128, 256)
STEM_CHANNELS = 64
HEAD_CHANNELS = 128
RESIDUAL_GAIN = 0.3  # initial batch-norm scale of a residual branch: both terms of the adds are never negative, so at
# 1 the maps grow with depth and the loss hardly falls for the first hundred steps (measured; 0 would never wake up)


class ConvBnRelu(nn.Sequential):
    """Convolution without bias, batch normalisation and, unless `act` is None, an activation; 'same' padding
    by default. kernel is a side or (height, width). `fused`: in training, norm and ReLU as one operator."""

    fused = False

    def __init__(self, in_channels, out_channels, kernel, stride=1, groups=1, padding=None, act=nn.ReLU):
        kernel = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = (kernel[0] // 2, kernel[1] // 2) if padding is None else padding
        layers = [
            nn.Conv2d(in_channels, out_channels, kernel, stride, padding, groups=groups, bias=False),
            nn.BatchNorm2d(out_channels),
        ]
        if act is not None:
            layers.append(act(inplace=True))
        super().__init__(*layers)
        self._fusible = act is nn.ReLU

    def forward(self, x):
        if self.fused and self._fusible and self.training:
            return fused_norm.norm_relu(self[0](x), self[1])
        return super().forward(x)


class SqueezeNextBlock(nn.Module):
    """1x1 to half, 1x1 to a quarter, two separable 3-tap convolutions at half, 1x1 expansion, residual add.

    The order of the 3-tap pair alternates (`vertical_first`: 3x1 then 1x3). The shortcut is the identity or, with
    `project`, a 1x1 convolution with its own batch norm and ReLU.
    """

    def __init__(self, in_channels, out_channels, stride, vertical_first, project):
        super().__init__()
        half, quarter = out_channels // 2, out_channels // 4
        first, second = ((3, 1), (1, 3)) if vertical_first else ((1, 3), (3, 1))
        self.body = nn.Sequential(
            ConvBnRelu(in_channels, half, 1, stride),
            ConvBnRelu(half, quarter, 1),
            ConvBnRelu(quarter, half, first),
            ConvBnRelu(half, half, second),
            ConvBnRelu(half, out_channels, 1),
        )
        self.shortcut = ConvBnRelu(in_channels, out_channels, 1, stride) if project else nn.Identity()

    def forward(self, x):
        y = self.shortcut(x) + self.body(x)
        # Both terms left a ReLU, so the published ReLU after the add changes neither value nor gradient: it is
        # built for the exported graph and left out of the training loop, where it would cost 10 % of the time.
        return y if self.training else torch.relu(y)


class Classifier(nn.Module):
    """features [batch][channels][h][w] -> logits [batch][classes]: global average pool and one FC layer."""

    def __init__(self, features, channels, classes):
        super().__init__()
        self.features = features
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        return self.fc(torch.flatten(self.pool(self.features(x)), 1))


def squeezenext(spec: SqueezeNextSpec, width: float, form: InputForm) -> nn.Module:
    """A SqueezeNext. `width` scales the four stages; stem (64) and last 1x1 (128) keep their channels."""
    cifar = form.name == "cifar"
    if cifar:
        layers = [ConvBnRelu(3, STEM_CHANNELS, spec.stem_kernel)]
    else:
        layers = [ConvBnRelu(3, STEM_CHANNELS, spec.stem_kernel, 2, padding=0), nn.MaxPool2d(3, 2, ceil_mode=True)]
    channels = STEM_CHANNELS
    for stage, count in enumerate(spec.blocks):
        out_channels = int(STAGE_CHANNELS[stage] * width)
        stride = 1 if stage == 0 else 2
        if not spec.split_start:
            layers.append(ConvBnRelu(channels, out_channels, 1, stride))
            channels, stride = out_channels, 1
        for index in range(count):
            project = spec.split_start and index == 0
            layers.append(SqueezeNextBlock(channels, out_channels, stride, index % 2 == 0, project))
            channels, stride = out_channels, 1
    layers.append(ConvBnRelu(channels, HEAD_CHANNELS, 1))
    return Classifier(nn.Sequential(*layers), HEAD_CHANNELS, form.classes)


def scaled_channels(channels: int, width: float, divisor: int = 8) -> int:
    """Channels times width, rounded to a multiple of `divisor`, never more than 10 % below (MobileNets' rule)."""
    rounded = max(divisor, int(channels * width + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * channels * width else rounded


MOBILENET_V1 = (  # out_channels, stride of the depthwise layer
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2),
    (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1),
)  # fmt: skip


def mobilenet_v1(width: float, form: InputForm) -> nn.Module:
    """MobileNet v1: stem, then pairs of 3x3 depthwise and 1x1 convolution."""
    cifar = form.name == "cifar"
    channels = scaled_channels(32, width)
    layers = [ConvBnRelu(3, channels, 3, 1 if cifar else 2)]
    for index, (base, stride) in enumerate(MOBILENET_V1):
        out_channels = scaled_channels(base, width)
        stride = 1 if cifar and index == 1 else stride
        layers.append(ConvBnRelu(channels, channels, 3, stride, groups=channels))
        layers.append(ConvBnRelu(channels, out_channels, 1))
        channels = out_channels
    return Classifier(nn.Sequential(*layers), channels, form.classes)


class InvertedResidual(nn.Module):
    """MobileNet v2 module: 1x1 expansion, 3x3 depthwise, linear 1x1 projection, identity where shapes agree."""

    def __init__(self, in_channels, out_channels, stride, expansion):
        super().__init__()
        hidden = in_channels * expansion
        layers = [] if expansion == 1 else [ConvBnRelu(in_channels, hidden, 1, act=nn.ReLU6)]
        layers.append(ConvBnRelu(hidden, hidden, 3, stride, groups=hidden, act=nn.ReLU6))
        layers.append(ConvBnRelu(hidden, out_channels, 1, act=None))
        self.body = nn.Sequential(*layers)
        self.residual = stride == 1 and in_channels == out_channels

    def forward(self, x):
        return x + self.body(x) if self.residual else self.body(x)


MOBILENET_V2 = (  # expansion, out_channels, repeats, first stride
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
)  # fmt: skip


def mobilenet_v2(width: float, form: InputForm) -> nn.Module:
    """MobileNet v2; the last 1x1 layer keeps 1280 channels for widths up to 1."""
    cifar = form.name == "cifar"
    channels = scaled_channels(32, width)
    layers = [ConvBnRelu(3, channels, 3, 1 if cifar else 2, act=nn.ReLU6)]
    for group, (expansion, base, repeats, first_stride) in enumerate(MOBILENET_V2):
        out_channels = scaled_channels(base, width)
        first_stride = 1 if cifar and group == 1 else first_stride
        for index in range(repeats):
            layers.append(InvertedResidual(channels, out_channels, first_stride if index == 0 else 1, expansion))
            channels = out_channels
    head = scaled_channels(1280, max(1.0, width))
    layers.append(ConvBnRelu(channels, head, 1, act=nn.ReLU6))
    return Classifier(nn.Sequential(*layers), head, form.classes)


def known_names() -> str:
    """The names `build` understands, for help texts and messages."""
    return f"sqnxt_VARIANT_WIDTH with VARIANT one of {', '.join(SQUEEZENEXT)}; mobilenet_v1_WIDTH; mobilenet_v2_WIDTH"


def build(name: str, form: str = "cifar", classes: int | None = None) -> tuple[nn.Module, InputForm]:
    """Builds the network called `name` (for example sqnxt_23v5_1.0, mobilenet_v1_0.25), freshly initialised from
    torch's global generator. Returns the module and its input form. Raises ValueError on an unknown name."""
    match = re.fullmatch(r"sqnxt_(\w+)_([0-9.]+)|mobilenet_(v[12])_([0-9.]+)", name)
    if match is None or (match[1] and match[1] not in SQUEEZENEXT):
        raise ValueError(f"network: found '{name}', expected {known_names()}")
    shape = input_form("sqnxt" if match[1] else "mobilenet", form)
    if classes is not None:
        shape = dataclasses.replace(shape, classes=classes)
    width = float(match[2] or match[4])
    if match[1]:
        model = squeezenext(SQUEEZENEXT[match[1]], width, shape)
    else:
        model = (mobilenet_v1 if match[3] == "v1" else mobilenet_v2)(width, shape)
    initialise(model)
    return model, shape


def initialise(model: nn.Module) -> None:
    """He-normal convolutions (fan out), unit batch norms, small normal FC weights; residual branches start weak."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.01)
            nn.init.zeros_(module.bias)
        elif isinstance(module, SqueezeNextBlock):
            nn.init.constant_(module.body[-1][1].weight, RESIDUAL_GAIN)


def use_fused_norm(model: nn.Module) -> None:
    """Lets every layer of `model` that can do so train with the fused operator. Raises fused_norm.BuildError."""
    fused_norm.library()
    for module in model.modules():
        if isinstance(module, ConvBnRelu):
            module.fused = True


def parameter_count(model: nn.Module) -> int:
    """Trainable parameters: weights, batch-norm scales and offsets, biases."""
    return sum(p.numel() for p in model.parameters())
