"""The machine of `layout.py` in PyTorch, batched; the loop over time is Python's."""

import functools

import torch
import torch.nn.functional as F
from layout import CLIP, MEMORY, split_columns


def lstm(z, state):
    i, f, o, u = z.chunk(4, dim=-1)
    c = torch.sigmoid(f) * state[1] + torch.sigmoid(i) * torch.tanh(u)
    h = torch.sigmoid(o) * torch.tanh(c)
    return h, (h, c)


def norm(x):
    return torch.sqrt((x * x).sum(-1) + 1e-6)


def sharpened(w, gamma):
    relative = w / w.amax(-1, keepdim=True).detach()
    powered = torch.exp(gamma * torch.log(relative.clamp_min(1e-30)))
    return powered / powered.sum(-1, keepdim=True)


def shifted(w, s):
    return sum(s[..., j : j + 1] * w.roll(j - 1, dims=-1) for j in range(3))


def address(machine, memory, w, told):
    """Where all heads of one kind look: `w` is `[B, heads, N]`."""
    key = torch.tanh(told("key"))
    beta = F.softplus(told("beta"))
    cosine = (key @ memory.mT) / (norm(memory)[:, None] * norm(key)[..., None])
    found = torch.softmax(beta * cosine, dim=-1)
    if machine.head == "leap":
        jump = torch.sigmoid(told("jump"))
        both = jump * found + (1.0 - jump) * shifted(w, torch.softmax(told("walk"), dim=-1))
        return sharpened(both, 1.0 + 4.0 * both.amax(-1, keepdim=True))
    gate = torch.sigmoid(told("gate"))
    gated = gate * found + (1.0 - gate) * w
    moved = shifted(gated, torch.softmax(told("move"), dim=-1))
    return sharpened(moved, 1.0 + F.softplus(told("gamma")))


def step(machine, p, carry, z):
    """One time step; `z` is the part of the controller's product that the input gives."""
    cell, memory, w, read = carry
    weight = p["cell.weight"][machine.inputs :]
    if machine.controller == "feedforward":
        h = torch.tanh(z + read @ weight)
    else:
        h, cell = lstm(z + torch.cat([read, cell[0]], dim=-1) @ weight, cell)
    if not machine.has_memory:
        return (cell, memory, w, read), h
    told = torch.addmm(p["heads.bias"], h, p["heads.weight"]).clamp(-CLIP, CLIP)
    told = split_columns(machine, told)

    def looking(kind, memory):
        return address(machine, memory, w[kind], lambda name: told[kind, name])

    writing = looking("write", memory)
    erase, add = torch.sigmoid(told[None, "erase"]), torch.tanh(told[None, "add"])
    for i in range(machine.writes):
        memory = memory * (1.0 - writing[:, i, :, None] * erase[:, i, None])
    memory = memory + writing.mT @ add
    looks = looking("read", memory)
    read = (looks @ memory).flatten(1)
    carry = (cell, memory, {"write": writing, "read": looks}, read)
    return carry, torch.cat([h, read], dim=-1)


def loss(machine, step, p, xs, ys, weights):
    """Mean over the batch of the bits that the last rows cost; time first."""
    batch = xs.shape[1]
    start = torch.zeros(machine.rows, dtype=xs.dtype)
    start[0] = 1.0
    hidden = xs.new_zeros(batch, machine.hidden)
    carry = (
        (hidden, hidden),
        xs.new_full((batch, machine.rows, machine.width), MEMORY),
        {
            "write": start.expand(batch, machine.writes, machine.rows),
            "read": start.expand(batch, machine.reads, machine.rows),
        },
        xs.new_zeros(batch, machine.reads * machine.width),
    )
    given = xs @ p["cell.weight"][: machine.inputs] + p["cell.bias"]
    said = []
    for z in given:
        carry, one = step(p, carry, z)
        said.append(one)
    logits = torch.stack(said[-len(ys) :]) @ p["out.weight"] + p["out.bias"]
    bits = F.binary_cross_entropy_with_logits(logits, ys, reduction="none").sum((1, 2))
    return (weights * bits).sum() / (batch * torch.log(torch.tensor(2.0, dtype=xs.dtype)))


def train_step(machine, p, compiled=False, rate=1e-3, limit=50.0):
    """`(xs, ys, weights) -> loss`, which moves the parameters `p`."""
    one = functools.partial(step, machine)
    if compiled:
        one = torch.compile(one)
    rule = torch.optim.Adam(p.values(), lr=rate, fused=True)

    def run(xs, ys, weights):
        rule.zero_grad(set_to_none=True)
        value = loss(machine, one, p, xs, ys, weights)
        value.backward()
        torch.nn.utils.clip_grad_norm_(p.values(), limit)
        rule.step()
        return value.detach()

    return run
