import sys

import torch

torch.set_default_dtype(torch.float64)
inputs = torch.tensor([[0.0, 0, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1]])
targets = torch.tensor([[0.0, 1, 1, 0]]).T
model = torch.nn.Sequential(torch.nn.Linear(3, 1, bias=False), torch.nn.Sigmoid())
with torch.no_grad():
    model[0].weight.copy_(torch.tensor([[-0.165955990594852, 0.4406489868843162, -0.9997712503653102]]))
optimizer = torch.optim.SGD(model.parameters(), lr=1)


def loss_of(x, t):
    return 0.5 * ((model(x) - t) ** 2).sum()


if sys.argv[1:] == ["compile"]:
    loss_of = torch.compile(loss_of, dynamic=False)
for _ in range(15_000):
    optimizer.zero_grad()
    loss_of(inputs, targets).backward()
    optimizer.step()
with torch.inference_mode():
    print(model(torch.tensor([[1.0, 0, 0]])).item())
