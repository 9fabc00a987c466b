"""Makes polars.arrow and polars.csv beside it: one table, as polars 2.1 writes it. pip install polars==2.1.0"""
import polars as pl

n = 60
table = pl.DataFrame({
    "a": [((7 * i) % 11 - 5) / 4 for i in range(n)],
    "b": [((5 * i) % 13) / 8 for i in range(n)],
    "colour": [["red", "green", "blue"][(i * i) % 3] for i in range(n)],
}).with_columns(pl.col("colour").cast(pl.Categorical))
table = table.with_columns((2 * pl.col("a") + ((pl.int_range(n) * 3) % 7) / 16).alias("y"))
table.write_ipc("polars.arrow", compression="zstd")
table.write_csv("polars.csv")
