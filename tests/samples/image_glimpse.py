"""Samples of `ops/image_glimpse.py`; only zeros as noise can be compared, TensorFlow draws the rest without a seed."""

from tests.samples import Sample, f32, i32, normal

IMAGE = normal(3, 6, 7, 2)
PLACES = f32([[0, 0], [-0.6, 0.7], [1.5, -0.2]])
PIXELS = f32([[0, 0], [-2, 3.5], [5, -1]])
ZERO = dict(uniform_noise=False, noise="zero")


def samples_of(op):
    def glimpse(label, size, offsets, error=None, image=IMAGE, differs=None, **attrs):
        inputs = dict(input=image, size=i32(size), offsets=f32(offsets))
        return Sample(op, label, inputs, attrs, error=error, differs=differs)

    for centered in (True, False):
        for normalized in (True, False):
            attrs = dict(centered=centered, normalized=normalized, **ZERO)
            name = f"{'centered' if centered else 'corner'}_{'share' if normalized else 'pixels'}"
            offsets = PLACES if normalized else PIXELS
            yield glimpse(name, [3, 4], offsets, **attrs)
            yield glimpse(f"{name}_large", [8, 9], offsets, **attrs)
    yield glimpse("inside", [2, 2], PLACES[:1], image=IMAGE[:1])
    yield glimpse("empty_batch", [2, 2], f32([]).reshape(0, 2), image=IMAGE[:0])
    yield glimpse("empty_window", [0, 2], PLACES)
    drawn = "noise is drawn without a seed"
    yield glimpse("uniform", [3, 4], PLACES, differs=drawn)
    yield glimpse("gaussian", [3, 4], PLACES, differs=drawn, uniform_noise=False, noise="gaussian")
    yield glimpse("no_noise_name", [3, 4], PLACES, differs=drawn, uniform_noise=False, noise="")
    yield glimpse("rank3", [2, 2], PLACES, "input must have rank 4", image=IMAGE[0])
    yield glimpse("one_size", [2], PLACES, "size must have shape")
    yield glimpse("negative", [-3, 2], PLACES, "must be", **ZERO)
    yield glimpse("two_offsets", [2, 2], PLACES[:2], "offsets must have shape")
    yield glimpse("unknown", [2, 2], PLACES, "noise must be", uniform_noise=False, noise="pink")
    yield glimpse("two_noises", [2, 2], PLACES, "uniform_noise must be False", noise="zero")


SAMPLES = [*samples_of("ExtractGlimpse"), *samples_of("ExtractGlimpseV2")]
