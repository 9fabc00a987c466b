# %% [markdown]
# # From a table to the columns that matter, in Python
#
# This page is made from `crates/vd-python/guide/guide.py` by `guide/render.py`, and a test runs it: what you see is what the code printed.
# [The package's README](../../crates/vd-python/README.md) says how to install it.
#
# ## A table with real columns
#
# 442 patients with diabetes: age, sex, body mass index, blood pressure, six blood serum measurements, and how far the disease had progressed a
# year later (Efron, Hastie, Johnstone and Tibshirani 2004). scikit-learn has it. Sex is a category, so we say so. To see whether columns that do
# nothing are told apart, we add thirty of pure noise.

# %%
import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes

data = load_diabetes(as_frame=True, scaled=False)
table = data.data.rename(columns={"bp": "blood pressure", "s5": "log triglycerides", "s3": "HDL"})
table["sex"] = pd.Categorical(table["sex"].map({1.0: "a", 2.0: "b"}))
rng = np.random.default_rng(1)
for j in range(30):
    table[f"noise {j}"] = rng.standard_normal(len(table))
progression = data.target
print(table.iloc[:3, :7])

# %% [markdown]
# ## Which columns matter?
#
# There is no penalty to tune. By default the fit averages over which columns may matter, weighed by their evidence, and returns the few columns whose
# fitted values are the average's. Columns may have any scale.

# %%
from vd_ard import VDRegressor

model = VDRegressor().fit(table, progression)
print(f"{model.get_support().sum()} of {table.shape[1]} columns kept, {model.status_} after {model.n_iter_} steps")
print(f"{model.false_keeps_:.2f} of them by chance, in expectation")

found = pd.DataFrame({"coefficient": model.coef_, "z": model.z_, "inclusion": model.inclusion_}, index=model.term_names_)[model.coef_ != 0]
print(found.sort_values("z", key=abs, ascending=False).round(2))

# %% [markdown]
# A coefficient is in the units of its column. z is the column's z-score given the rest of the model, and inclusion the posterior probability that the column
# matters (the category is the indicator `sex=b`; of more levels, all are one decision). If a column of noise is among them, it is by the chance that the second line states:
# at λ = 1 there would be ten.
#
# ## A picture of it
#
# Every column has a z-score, kept or not. The line is where a column is as likely in as out (`lambda_` is the square of it).

# %%
import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams["svg.hashsalt"] = "vd-ard"
import matplotlib.pyplot as plt

order = np.argsort(-np.abs(model.z_))[:20]
figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
axes.bar(range(20), np.abs(model.z_)[order], color=["#1f77b4" if model.coef_[i] != 0 else "#cccccc" for i in order])
axes.axhline(np.sqrt(model.lambda_), color="#d62728", linewidth=1)
axes.set_xticks(range(20), [model.term_names_[i] for i in order], rotation=60, ha="right")
axes.set_ylabel("|z|")
figure.savefig("python-relevance.svg", metadata={"Date": None})

# %% [markdown]
# ![Bars of |z| for the twenty strongest columns; the kept ones are blue; the line is at even odds.](python-relevance.svg)
#
# ## Does it predict?
#
# Held-out error beside a ridge regression on all columns, and beside the lasso with its penalty by cross-validation. Estimators are scikit-learn's kind:
# pipelines, searches and cross-validation take them as they are.

# %%
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LassoCV, RidgeCV
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

columns = make_column_transformer((OneHotEncoder(drop="if_binary"), ["sex"]), remainder=StandardScaler())
folds = KFold(10, shuffle=True, random_state=0)
for name, candidate in {
    "VDRegressor": VDRegressor(),
    "LassoCV": make_pipeline(columns, LassoCV(random_state=0)),
    "RidgeCV": make_pipeline(columns, RidgeCV(np.logspace(-2, 4, 25))),
}.items():
    error = -cross_val_score(candidate, table, progression, cv=folds, scoring="neg_root_mean_squared_error")
    print(f"{name:12} RMSE {error.mean():.1f}")

# %% [markdown]
# ## Fewer columns, or more
#
# `false_keeps` is the number of useless columns that you accept; `lam="cv"` asks for the best prediction; `lam=1.0` is the method of the paper, which
# keeps a third of all noise. [Choose λ](choose-lambda.md) has the reasons.

# %%
for choice in ({"false_keeps": 0.1}, {"false_keeps": 5.0}, {"lam": "cv", "random_state": 0}, {"lam": 1.0}):
    other = VDRegressor(**choice).fit(table, progression)
    names = np.asarray(table.columns)[other.get_support()]
    print(f"{choice}: {len(names)} kept, {sum(n.startswith('noise') for n in names)} of them noise")

# %% [markdown]
# ## How sure is a prediction?

# %%
mean, std = model.predict(table.iloc[:3], return_std=True)
print(np.c_[mean, std, progression[:3]].round(1))

# %% [markdown]
# The standard deviation has the noise in it. Read it with care: it knows nothing of the selection (the README of `vd-linreg` says why).
#
# ## Keep the model
#
# `save` writes a small file that the command line reads (`vd inspect progression.vd`, `vd predict progression.vd new.csv`), and `load` reads what either
# wrote. To get the very object back, pickle it.

# %%
from vd_ard import load

model.save("progression.vd", target="progression")
loaded = load("progression.vd")
print(loaded)
print("needs", loaded.used_columns_)
print(np.allclose(loaded.predict(table), model.predict(table)))

# %% [markdown]
# ## Classes, counts, networks
#
# [`VDClassifier`](../../crates/vd-python/README.md) and `VDCountRegressor` read the same.

# %%
from vd_ard import VDClassifier

fast = np.where(progression > progression.median(), "fast", "slow")
classifier = VDClassifier().fit(table, fast)
print(np.asarray(table.columns)[classifier.get_support()])
print(classifier.classes_, classifier.predict_proba(table.iloc[:2]).round(2))
