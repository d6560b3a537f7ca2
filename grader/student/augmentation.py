"""Recognises generators that augment the images on their way to `fit`, and names the layers that do the same."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

# By the argument of `ImageDataGenerator` that is set, the layer.
LAYERS = MappingProxyType({
    "rotation_range": "RandomRotation", "width_shift_range": "RandomTranslation", "height_shift_range": "RandomTranslation",
    "shear_range": "RandomShear", "zoom_range": "RandomZoom", "horizontal_flip": "RandomFlip", "vertical_flip": "RandomFlip",
    "brightness_range": "RandomBrightness", "channel_shift_range": "RandomBrightness",
})  # fmt: skip
NEUTRAL = (None, False, 0, 0.0, (1, 1), [1, 1])  # of `zoom_range`, which the generator keeps as a pair, the last two


def explain(source: Any) -> str | None:
    """A note on what feeds `fit`, if it is one of Keras's generators that turn, shift or mirror images."""
    generator = getattr(source, "image_data_generator", None)
    named = [name for name in LAYERS if not _is_neutral(getattr(generator, name, None))]
    if not named:
        return None
    arguments = ", ".join(f"{name}=..." for name in named)
    layers = ", ".join(dict.fromkeys(f"`{LAYERS[name]}`" for name in named))
    return (
        f"`ImageDataGenerator({arguments})` changes the images by augmentation, so they are no longer those of the dataset; "
        f"give `fit` the images themselves, and put {layers} into the model, which do the same during the training"
    )


def _is_neutral(value: Any) -> bool:
    # `False == 0 == 0.0`, so types are compared too; and a student's array would answer `==` with an array.
    return any(type(value) is type(one) and value == one for one in NEUTRAL)
