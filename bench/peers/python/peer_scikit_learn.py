"""scikit-learn: MLPClassifier and MLPRegressor, `partial_fit` for an epoch, which takes the batches in their order; L2 penalty and momentum off.

The first weights are put where `partial_fit` keeps them, after a call that makes them. Its Adam adds epsilon before the bias correction, the others
behind it.
"""

import warnings
from types import SimpleNamespace

from protocol import Unsupported, read_arrays, serve


def prepare(case, threads):
    if any(not layer.bias for layer in case.network.layers):
        raise Unsupported("its layers always have biases")
    output, hidden = case.network.layers[-1].activation, {layer.activation for layer in case.network.layers[:-1]}
    if output == "sigmoid":
        raise Unsupported("squared error behind a sigmoid does not exist in it")
    if case.reduction != "mean":
        raise Unsupported("it takes the mean over a batch")
    import sklearn
    from peer_numpy import threads_of
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    warnings.simplefilter("ignore")
    inputs, targets, first = read_arrays(case)
    kind = MLPClassifier if output == "softmax" else MLPRegressor
    y = targets.argmax(axis=1) if output == "softmax" else targets.ravel()
    model = kind(
        hidden_layer_sizes=[layer.units for layer in case.network.layers[:-1]],
        activation=hidden.pop(),
        solver=case.optimizer.name,
        alpha=0,
        batch_size=min(case.batchSize, case.rows),
        learning_rate_init=case.optimizer.learningRate,
        momentum=0,
        nesterovs_momentum=False,
        shuffle=False,
    )
    fit = {"classes": list(range(case.outputs))} if output == "softmax" else {}
    model.partial_fit(inputs, y, **fit)

    def reset():
        for l, (weights, biases) in enumerate(first):
            model.coefs_[l][...] = weights
            model.intercepts_[l][...] = biases
        # `partial_fit` makes it anew where it is missing.
        del model._optimizer

    common = {"precision": case.precision, "threads": threads_of(threads), "versions": {"scikit-learn": sklearn.__version__}}
    if case.kind != "train":
        reset()
        session = SimpleNamespace(**common)

        def predict():
            session.outputs = model.predict_proba(inputs)

        session.run = predict
        session.result = lambda: session.outputs
        return session

    def run():
        for _ in range(case.epochs):
            model.partial_fit(inputs, y)

    def result():
        import numpy as np

        return np.concatenate([p.ravel() for pair in zip(model.coefs_, model.intercepts_) for p in pair])

    return SimpleNamespace(**common, reset=reset, run=run, result=result)


if __name__ == "__main__":
    serve(prepare)
