"""Logistic regression of scikit-learn over five folds. Arguments: a file of float32 features, one of labels (a byte each), a seed."""
import json
import sys

import numpy
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

features_path, labels_path, seed = sys.argv[1:]
labels = numpy.fromfile(labels_path, numpy.uint8)
features = numpy.fromfile(features_path, numpy.float32).reshape(len(labels), -1)
models = {
    "plain": lambda: LogisticRegression(max_iter=2000),
    "standardised": lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)),
}
folds = list(StratifiedKFold(5, shuffle=True, random_state=int(seed)).split(features, labels))
answer = {"folds": [test.tolist() for _, test in folds]}
for name, model in models.items():
    answer[name] = [float(model().fit(features[train], labels[train]).score(features[test], labels[test])) for train, test in folds]
print(json.dumps(answer))
