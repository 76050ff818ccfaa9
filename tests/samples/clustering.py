"""Samples of `ops/clustering.py`."""

import numpy as np

from tests.samples import Sample, f32, i64

GENERATOR = np.random.default_rng(3)
POINTS = f32(GENERATOR.standard_normal((40, 3)))
CENTERS = f32(GENERATOR.standard_normal((7, 3)))
FEW = f32([[0, 0], [1, 1], [5, 5]])


def kmeans(name, error=None, points=POINTS, num=4, seed=5, retries=0, **options):
    return Sample(
        "KmeansPlusPlusInitialization",
        name,
        dict(
            points=points,
            num_to_sample=i64(num),
            seed=i64(seed),
            num_retries_per_sample=i64(retries),
        ),
        error=error,
        **options,
    )


def nearest(name, error=None, points=POINTS, centers=CENTERS, k=3):
    return Sample(
        "NearestNeighbors", name, dict(points=points, centers=centers, k=i64(k)), error=error
    )


def chain(name, error=None, distances=None, seed=7):
    return Sample(
        "KMC2ChainInitialization", name, dict(distances=distances, seed=i64(seed)), error=error
    )


SAMPLES = [
    nearest("three"),
    nearest("one", k=1),
    nearest("none", k=0),
    nearest("more_than_there_are", k=20),
    nearest("no_centers", centers=f32(np.zeros((0, 3)))),
    nearest("no_dimensions", points=f32(np.zeros((2, 0))), centers=f32(np.zeros((3, 0))), k=2),
    nearest("ties", points=FEW, centers=f32([[1, 0], [0, 1], [0, 1], [1, 0]]), k=4),
    nearest("far", points=FEW * f32(1e3), centers=FEW * f32(1e3), k=2),
    nearest("no_points", "points.rows", points=f32(np.zeros((0, 3)))),
    nearest("other_dimensions", "point_dimensions == center_dimensions", centers=FEW),
    nearest("vector_of_points", "points should be a matrix", points=f32([1, 2, 3])),
    nearest("vector_of_centers", "centers should be a matrix", centers=f32([1, 2, 3])),
    nearest("vector_of_numbers", "k should be a scalar", k=[1, 2]),
    *(kmeans(f"seed_{seed}", seed=seed) for seed in (0, 1, -3, 1 << 40)),
    kmeans("one", num=1),
    kmeans("all", points=FEW, num=3),
    kmeans("power_of_two", points=POINTS[:32], num=5),
    *(kmeans(f"retries_{retries}", retries=retries, num=6) for retries in (1, 3, -1)),
    kmeans("no_points", "points.rows", points=f32(np.zeros((0, 3)))),
    kmeans("no_samples", "num_to_sample > 0", num=0),
    kmeans("too_many", "num_to_sample <= points.rows", num=41),
    kmeans("vector_of_points", "points should be a matrix", points=f32([1, 2, 3])),
    kmeans("vector_of_numbers", "num_to_sample should be a scalar", num=[1, 2]),
    kmeans("vector_of_seeds", "seed should be a scalar", seed=[1, 2]),
    kmeans("vector_of_retries", "num_retries_per_sample should be a scalar", retries=[1]),
    *(
        chain(f"seed_{seed}", distances=f32(np.abs(GENERATOR.standard_normal(300))), seed=seed)
        for seed in (0, 7, -1)
    ),
    chain("one", distances=f32([2])),
    chain("zeros", distances=f32(np.zeros(9))),
    chain("empty", "distances_tensor.size", distances=f32([])),
    chain("matrix", "distances should be a vector", distances=f32([[1, 2]])),
    chain("vector_of_seeds", "seed should be a scalar", distances=f32([1, 2]), seed=[1]),
]
