"""Checks of the declared model."""

from __future__ import annotations

from collections import Counter

from grader.checks.registry import CheckOutcome, register_check, report_failure, report_pass
from grader.checks.wording import escape_name, format_count
from grader.records.clues import CodePlace, Symptom
from grader.records.run import Architecture

# The canonical class names of the layers that an exercise can count.
KERAS_LAYERS = frozenset(
    """
    Activation ActivityRegularization Add AdditiveAttention AlphaDropout Attention Average AveragePooling1D
    AveragePooling2D AveragePooling3D BatchNormalization Bidirectional Concatenate Conv1D Conv1DTranspose Conv2D
    Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM1D ConvLSTM2D ConvLSTM3D Cropping1D Cropping2D Cropping3D Dense
    DepthwiseConv1D DepthwiseConv2D Dot Dropout ELU EinsumDense Embedding Flatten GRU GaussianDropout GaussianNoise
    GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D
    GlobalMaxPooling3D GroupNormalization GroupedQueryAttention Identity InputLayer LSTM LayerNormalization LeakyReLU
    Masking MaxPooling1D MaxPooling2D MaxPooling3D Maximum Minimum MultiHeadAttention Multiply Normalization PReLU
    Permute RNN RandomBrightness RandomContrast RandomCrop RandomFlip RandomRotation RandomTranslation RandomZoom ReLU
    RepeatVector Rescaling Reshape Resizing SeparableConv1D SeparableConv2D SimpleRNN Softmax SpatialDropout1D
    SpatialDropout2D SpatialDropout3D Subtract TimeDistributed UnitNormalization UpSampling1D UpSampling2D UpSampling3D
    ZeroPadding1D ZeroPadding2D ZeroPadding3D
    """.split()  # noqa: SIM905 - readable
)


@register_check("architecture.layers", other_names=KERAS_LAYERS)
def check_layer_counts(architecture: Architecture, **counts: int) -> CheckOutcome:
    """The model has exactly the layers that the exercise asks for.

    Args:
        architecture: the declared model, nested models flattened.
        counts: how many layers of each class there must be; classes not named may come in any number.

    >>> from grader.records.run import ModelLayer
    >>> model = Architecture(layers=[ModelLayer(kind="Conv2D", name="a"), ModelLayer(kind="Conv2D", name="b")], parameters=10)
    >>> check_layer_counts(model, Conv2D=1, MaxPooling2D=0).message
    'the model has 2 Conv2D layers (a, b), expected exactly 1'
    >>> check_layer_counts(model, Conv2D=2).status
    'passed'
    """
    found = Counter(layer.kind for layer in architecture.layers)
    # Both counts must be right: a layer without effect neither serves as the one asked for nor hides a surplus one.
    working = Counter(layer.kind for layer in architecture.layers if not layer.idle)
    wrong = [kind for kind in counts if not working[kind] == counts[kind] == found[kind]]
    got = (
        ", ".join(f"{found[kind]} x {kind}" for kind in counts if found[kind] or counts[kind])
        or "none of the excluded layers"
    )
    if not wrong:
        return report_pass(f"the model has {got}", got=got)
    return report_failure(
        "; ".join(_describe_fault(architecture, kind, counts[kind]) for kind in wrong),
        expected=", ".join(f"{number} x {kind}" for kind, number in counts.items() if number or found[kind]),
        got=got,
        hint=" ".join(_describe_remedy(kind, found[kind], working[kind], counts[kind]) for kind in wrong),
        place=_find_surplus(found, counts, wrong),
        symptom=Symptom.MISSING_LAYERS if any(found[kind] < counts[kind] for kind in wrong) else None,
        # An exercise's hint speaks against layers too many, the usual fault.
        beside=all(found[kind] <= counts[kind] for kind in wrong),
    )


@register_check("architecture.calls", other_names=KERAS_LAYERS)
def check_layer_calls(architecture: Architecture, **counts: int) -> CheckOutcome:
    """The model calls its layers as often as the exercise asks for.

    Args:
        architecture: the declared model; a layer in a model that is called twice is called twice, too.
        counts: how many calls of layers of each class there must be; classes not named may be called at will.

    >>> from grader.records.run import ModelLayer
    >>> shared = Architecture(layers=[ModelLayer(kind="Conv2D", name="conv", calls=2)], parameters=10)
    >>> check_layer_calls(shared, Conv2D=1).message
    'the model calls Conv2D layers 2 times (conv 2 times), expected 1'
    >>> check_layer_calls(shared, Conv2D=2).status
    'passed'
    """
    layers = architecture.layers
    found, working = Counter[str](), Counter[str]()
    for layer in layers:
        found[layer.kind] += layer.calls
        working[layer.kind] += 0 if layer.idle else layer.calls
    wrong = [kind for kind in counts if not working[kind] == counts[kind] == found[kind]]
    got = ", ".join(f"{format_count(found[kind], 'call')} of {kind}" for kind in counts)
    if not wrong:
        return report_pass(f"the model has {got}", got=got)
    return report_failure(
        "; ".join(_describe_calls(architecture, kind, found[kind], counts[kind]) for kind in wrong),
        expected=", ".join(f"{format_count(number, 'call')} of {kind}" for kind, number in counts.items()),
        got=got,
    )


def _describe_calls(architecture: Architecture, kind: str, found: int, wanted: int) -> str:
    named = [layer for layer in architecture.layers if layer.kind == kind][:5]
    each = ", ".join(
        f"{escape_name(layer.name)} {format_count(layer.calls, 'time')}{', without effect' if layer.idle else ''}"
        for layer in named
    )
    return f"the model calls {kind} layers {format_count(found, 'time')}{f' ({each})' if each else ''}, expected {wanted}"


def _find_surplus(found: Counter[str], counts: dict[str, int], wrong: list[str]) -> CodePlace | None:
    """The first layer that is too many; of one that is missing there is no line."""
    kind = next((kind for kind in wrong if found[kind] > counts[kind]), None)
    return CodePlace(name=kind, index=counts[kind], count=found[kind]) if kind else None


def _describe_remedy(kind: str, found: int, working: int, wanted: int) -> str:
    if found > wanted:
        return f"Take {found - wanted} `{kind}` out of the list of layers." if wanted else f"Leave out `{kind}`."
    added = f"Add {wanted - found} `{kind}` to the list of layers." if wanted > found else ""
    return added or f"Let the images pass through {wanted - working} more `{kind}`."


def _describe_fault(architecture: Architecture, kind: str, wanted: int) -> str:
    every = [layer for layer in architecture.layers if layer.kind == kind]
    working = [layer for layer in every if not layer.idle]
    # An idle layer may lower a count only where that doesn't help.
    names = [escape_name(layer.name) for layer in (every if len(every) > wanted else working)]
    idle = ", ".join(escape_name(layer.name) for layer in every if layer.idle) if len(every) <= wanted else ""
    listed = f" ({', '.join(names[:5])}{', ...' if len(names) > 5 else ''})" if names else ""
    asked = "none" if wanted == 0 else f"exactly {wanted}"
    has = format_count(len(names), f"{kind} layer") if names else f"no {kind} layer"
    unused = f"; its output doesn't depend on {idle}" if idle else ""
    return f"the model has {has}{listed}, expected {asked}{unused}"
