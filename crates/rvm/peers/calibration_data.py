"""Splits for `examples/rvm_calibration.rs`: `python crates/rvm/peers/calibration_data.py DIR`, scikit-learn's own data sets.

Five stratified splits each, one sample a line, the class last. DIR/names.txt lists the data sets.
"""
import os, sys
import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine, make_classification
from sklearn.model_selection import train_test_split

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
digits = load_digits(return_X_y=True)
noise = np.random.default_rng(0).normal(size=digits[0].shape) * 4
made = make_classification(1500, 20, n_informative=6, n_redundant=2, n_classes=4, class_sep=0.8, random_state=0)
two = make_classification(1500, 20, n_informative=5, n_redundant=2, flip_y=0.1, class_sep=0.7, random_state=1)
sets = {
    "digits": (*digits, 1100),
    "digits, 300 to train": (*digits, 300),
    "digits + 64 noise": (np.hstack([digits[0], noise]), digits[1], 1100),
    "wine": (*load_wine(return_X_y=True), 100),
    "iris": (*load_iris(return_X_y=True), 75),
    "made, 4 classes": (*made, 400),
    "breast cancer": (*load_breast_cancer(return_X_y=True), 350),
    "made, 2 classes": (*two, 200),
}
for i, (name, (x, y, size)) in enumerate(sets.items()):
    for split in range(5):
        a, b, s, t = train_test_split(x, y, train_size=size, random_state=100 + split, stratify=y)
        m, sd = a.mean(0), a.std(0)
        sd = sd.mean() if "digits" in name else np.where(sd > 0, sd, 1)  # Pixels share one unit.
        for part, u, v in (("train", a, s), ("test", b, t)):
            np.savetxt(f"{out}/{i}_{split}_{part}.csv", np.c_[(u - m) / sd, v], delimiter=",", fmt="%.17g")
open(f"{out}/names.txt", "w").write("\n".join(sets))
