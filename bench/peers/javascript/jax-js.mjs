// jax-js on its wasm device: one jitted function makes a whole step, loss, gradient and update, which is faster than one for the gradient and one for
// the update. Arrays are reference counted; an argument is consumed unless `.ref` is passed. Batches are its arrays before the clock starts.

import { batches, serve, versionOf } from "./protocol.mjs";

await serve(async (subject) => {
  // Node 20 has no Float16Array, which jax-js asks for by name; numbers of 16 bits are not used here.
  globalThis.Float16Array ??= class {};
  const jax = await import("@jax-js/jax");
  const { numpy: np, nn, jit, grad } = jax;
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  const { kind, parameters, precision, loss, reduction, optimizer, rows, epochs, inputs, targets, outputs: width } = subject;
  const dtype = precision === "float64" ? np.float64 : np.float32;
  const array = (values, shape) => np.array(values.slice(), { dtype }).reshape(shape);
  const common = { precision, threads: 1, versions: { "jax-js": versionOf("@jax-js/jax") } };
  const first = () =>
    parameters.flatMap(({ inputs, units, weights, biases, bias }) =>
      bias ? [array(weights, [inputs, units]), array(biases, [units])] : [array(weights, [inputs, units])],
    );
  /** Consumes all; the last layer's sums where that is a softmax, else the outputs. */
  const forward = (list, x) => {
    let from = x;
    let at = 0;
    for (const { activation, bias } of parameters) {
      from = np.matmul(from, list[at++]);
      if (bias) from = from.add(list[at++]);
      if (activation === "relu") from = nn.relu(from);
      else if (activation === "sigmoid") from = nn.sigmoid(from);
    }
    return from;
  };
  if (kind !== "train") {
    const weights = first();
    const predict = jit((list, x) => nn.softmax(forward(list, x)));
    let outputs;
    const runAsync = async () => {
      const y = predict(
        weights.map((w) => w.ref),
        array(inputs, [rows, parameters[0].inputs]),
      );
      outputs = await y.data();
    };
    return { ...common, runAsync, result: () => outputs };
  }
  const data = batches(subject).map(([from, to]) => [
    array(inputs.subarray(from * parameters[0].inputs, to * parameters[0].inputs), [to - from, parameters[0].inputs]),
    array(targets.subarray(from * width, to * width), [to - from, width]),
  ]);
  const lossOf = (list, x, t) => {
    const batch = reduction === "mean" ? x.shape[0] : 1;
    if (loss === "crossEntropy")
      return nn
        .logSoftmax(forward(list, x))
        .mul(t)
        .sum()
        .mul(-1 / batch);
    return np
      .square(forward(list, x).sub(t))
      .sum()
      .mul(0.5 / batch);
  };
  const step = optimizer.name === "adam" ? adam() : sgd();
  let state;
  return {
    ...common,
    reset: () => {
      for (const x of state?.flat() ?? []) x.dispose();
      state = step.first();
    },
    runAsync: async () => {
      let steps = 0;
      for (let epoch = 0; epoch < epochs; epoch++) {
        for (const [x, t] of data) {
          state = step.next(state, x, t);
          // Steps that nobody waits for queue up, which soon costs more than they do: its documentation advises to wait now and then.
          if (++steps % 100 === 0) await jax.blockUntilReady(state);
        }
      }
      await jax.blockUntilReady(state);
    },
    result: async () => {
      const pieces = [];
      for (const x of state[0]) pieces.push(Array.from(await x.ref.data()));
      return pieces.flat();
    },
  };

  function sgd() {
    const next = jit((list, x, t) => {
      const gradients = grad(lossOf)(
        list.map((w) => w.ref),
        x,
        t,
      );
      return list.map((w, i) => w.sub(gradients[i].mul(optimizer.learningRate)));
    });
    return { first: () => [first()], next: ([list], x, t) => [next(list, x.ref, t.ref)] };
  }

  /** PyTorch's form, with its defaults. The bias corrections are made outside, from the step's number. */
  function adam() {
    const next = jit((list, ms, vs, rate, correction, x, t) => {
      const gradients = grad(lossOf)(
        list.map((w) => w.ref),
        x,
        t,
      );
      const made = list.map((w, i) => {
        const g = gradients[i];
        const m = ms[i].mul(0.9).add(g.ref.mul(0.1));
        const v = vs[i].mul(0.999).add(np.square(g).mul(0.001));
        const size = np.sqrt(v.ref.mul(correction.ref)).add(1e-8);
        return [w.sub(m.ref.mul(rate.ref).div(size)), m, v];
      });
      rate.dispose();
      correction.dispose();
      return [0, 1, 2].map((k) => made.map((one) => one[k]));
    });
    let steps = 0;
    return {
      first: () => {
        steps = 0;
        return [first(), first().map((w) => w.mul(0)), first().map((w) => w.mul(0))];
      },
      next: ([list, ms, vs], x, t) => {
        steps++;
        const rate = np.array(optimizer.learningRate / (1 - 0.9 ** steps), { dtype });
        const correction = np.array(1 / (1 - 0.999 ** steps), { dtype });
        return next(list, ms, vs, rate, correction, x.ref, t.ref);
      },
    };
  }
});
