"""The program beside `npm run bench:accuracy` that trains scikit-learn.

    python scikit_learn.py DATA CONFIGURATION

DATA is the file that scikit-learn.ts writes, CONFIGURATION a JSON object. Its first line tells the versions. Then each line of its input,
{"kind": "asItComes" or "sameStart", "seed": n}, is a fit and is answered by a line {"correct": n, "milliseconds": x}.
"""

import json
import platform
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "test" / "fixtures"))

# Before anything loads a BLAS, which it keeps to one thread.
import mlp
import numpy as np
import sklearn

file, configuration = sys.argv[1], json.loads(sys.argv[2])
train_rows, test_rows, inputs = (configuration[name] for name in ("trainRows", "testRows", "inputs"))
rows = train_rows + test_rows
x = np.fromfile(file, configuration["precision"], rows * inputs).reshape(rows, inputs)
t = np.fromfile(file, np.uint8, rows, offset=x.nbytes)
train, test = slice(train_rows), slice(train_rows, rows)

# One untimed fit, so that neither side's first one pays for loading. Its rows are not the first ones, which may be of one class.
some = np.linspace(0, train_rows - 1, configuration["batchSize"]).astype(int)
mlp.fit(mlp.KINDS["asItComes"], configuration, 0, x[some], t[some])

print(json.dumps({"scikit-learn": sklearn.__version__, "numpy": np.__version__, "python": platform.python_version()}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    start = time.perf_counter()
    model = mlp.fit(mlp.KINDS[request["kind"]], configuration, request["seed"], x[train], t[train])
    milliseconds = 1000 * (time.perf_counter() - start)
    assert model.coefs_[0].dtype == configuration["precision"]
    print(json.dumps({"correct": int((model.predict(x[test]) == t[test]).sum()), "milliseconds": milliseconds}), flush=True)
