"""PyTorch on the CPU: nn.Sequential, autograd, and of the three ways that its optimizers have of updating the fastest here: `fused` for Adam, the
default for SGD.

With the argument `compile` the forward pass with its loss is under torch.compile, whose backward pass is compiled with it, for fixed shapes;
the compiling is done before the clock starts, but in `load`. Batches are slices of one tensor.
"""

import sys
from types import SimpleNamespace

from protocol import batches, read_arrays, serve

COMPILE = sys.argv[1:] == ["compile"]


def prepare(case, threads):
    import torch
    from torch import nn

    if threads:
        torch.set_num_threads(threads)
    inputs, targets, first = read_arrays(case)
    torch.set_default_dtype(getattr(torch, case.precision))
    activations = {"sigmoid": nn.Sigmoid, "relu": nn.ReLU, "softmax": lambda: nn.Softmax(dim=1)}
    width, modules = case.network.inputs, []
    for layer in case.network.layers:
        modules.append(nn.Linear(width, layer.units, bias=layer.bias))
        # Cross-entropy is computed from the sums.
        if layer.activation in activations and not (layer.activation == "softmax" and case.kind == "train"):
            modules.append(activations[layer.activation]())
        width = layer.units
    model = nn.Sequential(*modules)
    linear = [module for module in modules if isinstance(module, nn.Linear)]

    @torch.no_grad()
    def set_weights():
        for module, (weights, biases) in zip(linear, first):
            module.weight.copy_(torch.from_numpy(weights.T.copy()))
            if biases is not None:
                module.bias.copy_(torch.from_numpy(biases))

    set_weights()
    common = {"precision": case.precision, "threads": torch.get_num_threads(), "versions": {"pytorch": torch.__version__}}
    if case.kind != "train":
        session = SimpleNamespace(**common)
        ask = torch.compile(model, dynamic=False) if COMPILE else model

        @torch.inference_mode()
        def predict():
            session.outputs = ask(torch.from_numpy(inputs)).numpy()

        session.run = predict
        session.result = lambda: session.outputs
        return session

    x, t = torch.from_numpy(inputs), torch.from_numpy(targets)
    if case.loss == "crossEntropy":
        t = t.argmax(dim=1)

    def loss_of(x, t):
        if case.loss == "crossEntropy":
            return nn.functional.cross_entropy(model(x), t)
        loss = 0.5 * ((model(x) - t) ** 2).sum()
        return loss / len(x) if case.reduction == "mean" else loss

    if COMPILE:
        loss_of = torch.compile(loss_of, dynamic=False)
    state = SimpleNamespace()

    def reset():
        set_weights()
        rate = case.optimizer.learningRate
        adam = case.optimizer.name == "adam"
        state.optimizer = torch.optim.Adam(model.parameters(), lr=rate, fused=True) if adam else torch.optim.SGD(model.parameters(), lr=rate)

    slices = [slice(a, b) for a, b in batches(case)]

    def run():
        optimizer = state.optimizer
        for _ in range(case.epochs):
            for rows in slices:
                optimizer.zero_grad()
                loss_of(x[rows], t[rows]).backward()
                optimizer.step()

    def result():
        pieces = []
        for module in linear:
            pieces.append(module.weight.detach().t().reshape(-1))
            if module.bias is not None:
                pieces.append(module.bias.detach())
        return torch.cat(pieces).numpy()

    return SimpleNamespace(**common, reset=reset, run=run, result=result)


if __name__ == "__main__":
    serve(prepare)
