"""A decoder-only transformer, dense or a mixture of experts, in the words of colaw's `Architecture`.

Pre-norm blocks of grouped-query attention (rotary positions, normalised queries and keys) and a SwiGLU
feed-forward layer; RMS norms; one table for embedding and head. With several experts a router sends each token to
the `activeExperts` of highest probability. `sum(p.numel())` equals colaw's `parameters(architecture).total`.
Runs on CPU and CUDA. Shapes: B sequences of T tokens, N = B·T, D = width, H heads, K kvHeads, E = headDim.
"""
import math

import torch
import torch.nn.functional as F
from torch import nn

INTEGERS = ('depth', 'width', 'heads', 'headDim', 'kvHeads', 'experts', 'activeExperts', 'vocabulary')


class BadArchitecture(ValueError):
    """An architecture that cannot be built; the message names the value and the rule."""


def checked(architecture):
    """The same architecture with `inner`, the hidden size of one expert, or BadArchitecture."""
    for key in INTEGERS:
        value = architecture.get(key)
        if type(value) is not int or value < 1:
            raise BadArchitecture(f'{key} {value} is not a positive integer')
    a = dict(architecture)
    if a['heads'] % a['kvHeads']:
        raise BadArchitecture(f"kvHeads {a['kvHeads']} does not divide heads {a['heads']}")
    if a['headDim'] % 2:
        raise BadArchitecture(f"headDim {a['headDim']} is odd; rotary positions turn pairs")
    if a['activeExperts'] > a['experts']:
        raise BadArchitecture(f"activeExperts {a['activeExperts']} exceeds experts {a['experts']}")
    inner = a['ffnRatio'] * a['width'] / a['activeExperts']
    if not inner > 0 or abs(inner - round(inner)) > 1e-6:
        raise BadArchitecture(f"ffnRatio {a['ffnRatio']} makes {inner} hidden units an expert, not a positive integer")
    return {**a, 'inner': round(inner)}


class Norm(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(size))

    def forward(self, x):
        return RmsNorm.apply(x, self.gain)


class RmsNorm(torch.autograd.Function):
    """x / rms(x) · gain. Written out because autograd's own passes over memory cost a third of a small model's time."""

    @staticmethod
    def forward(context, x, gain):
        scale = (x.float().square().mean(-1, keepdim=True) + 1e-6).rsqrt().to(x.dtype)
        normal = x * scale
        context.save_for_backward(normal, scale, gain)
        return normal * gain.to(x.dtype)

    @staticmethod
    def backward(context, grad):
        normal, scale, gain = context.saved_tensors
        to_gain = (grad * normal).float().sum_to_size(gain.shape)
        grad = grad * gain.to(grad.dtype)
        return (grad - normal * (grad * normal).mean(-1, keepdim=True)) * scale, to_gain


def rotate(x, cos, sin):
    """Turns the pairs (i, i + headDim/2) of x (…, T, ·, headDim) by their position's angles."""
    first, second = x.chunk(2, -1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), -1)


def swiglu(x):
    gate, value = x.chunk(2, -1)
    return F.silu(gate) * value


class Attention(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.heads, self.kv, self.dim = a['heads'], a['kvHeads'], a['headDim']
        self.qkv = nn.Linear(a['width'], (self.heads + 2 * self.kv) * self.dim, bias=False)
        self.out = nn.Linear(self.heads * self.dim, a['width'], bias=False)
        self.query_norm, self.key_norm = Norm(self.dim), Norm(self.dim)

    def forward(self, x, batch, cos, sin, mask):
        heads, kv, dim, group = self.heads, self.kv, self.dim, self.heads // self.kv
        length = x.shape[0] // batch
        both, v = self.qkv(x).view(batch, length, heads + 2 * kv, dim).split((heads + kv, kv), 2)
        gain = torch.cat((self.query_norm.gain.expand(heads, dim), self.key_norm.gain.expand(kv, dim)))
        q, k = rotate(RmsNorm.apply(both, gain), cos, sin).split((heads, kv), 2)
        # The queries that share a key/value head lie below each other, so that one product serves them all.
        q = q.view(batch, length, kv, group, dim).permute(0, 2, 3, 1, 4).reshape(batch * kv, group * length, dim)
        k = k.permute(0, 2, 3, 1).reshape(batch * kv, dim, length)
        v = v.permute(0, 2, 1, 3).reshape(batch * kv, length, dim)
        scores = torch.baddbmm(mask.repeat(group, 1).to(q.dtype).expand(batch * kv, -1, -1), q, k, alpha=dim**-0.5)
        mixed = torch.bmm(torch.softmax(scores, -1).to(v.dtype), v).view(batch, kv, group, length, dim)
        return self.out(mixed.permute(0, 3, 1, 2, 4).reshape(batch * length, heads * dim))


class Dense(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.up = nn.Linear(a['width'], 2 * a['inner'], bias=False)
        self.down = nn.Linear(a['inner'], a['width'], bias=False)

    def forward(self, x):
        return self.down(swiglu(self.up(x))), x.new_zeros(())


class Mixture(nn.Module):
    """Top-k routing. `load` holds how many tokens each expert took in the last pass."""

    def __init__(self, a):
        super().__init__()
        self.experts, self.active = a['experts'], a['activeExperts']
        self.router = nn.Linear(a['width'], self.experts, bias=False)
        self.up = nn.Parameter(torch.empty(self.experts, a['width'], 2 * a['inner']))
        self.down = nn.Parameter(torch.empty(self.experts, a['inner'], a['width']))
        self.load = None

    def forward(self, x):
        tokens, experts, active = x.shape[0], self.experts, self.active
        probability = torch.softmax(self.router(x).float(), -1)
        weight, expert = probability.topk(active, -1)
        if active > 1:
            weight = weight / weight.sum(-1, keepdim=True)
        # Sorted by expert, so that each expert sees its tokens as one matrix.
        expert = expert.reshape(-1)
        order = torch.argsort(expert, stable=True)
        self.load = torch.bincount(expert, minlength=experts)
        taken = x.index_select(0, torch.div(order, active, rounding_mode='floor')).split(self.load.tolist())
        # Unbound once: the gradient of `self.up[i]` alone would be as large as all experts, for every expert.
        experts_used = zip(taken, self.up.to(x.dtype).unbind(0), self.down.to(x.dtype).unbind(0))
        parts = [swiglu(t @ up) @ down for t, up, down in experts_used if len(t)]
        y = torch.cat(parts) * weight.reshape(-1).index_select(0, order).unsqueeze(1).to(x.dtype)
        back = torch.empty_like(order)
        back[order] = torch.arange(tokens * active, device=x.device)
        y = y.index_select(0, back).view(tokens, active, -1).sum(1)
        # Load balancing (Shazeer; Switch Transformer): 1 when tokens and probabilities are spread evenly.
        share = self.load.to(probability.dtype) / (tokens * active)
        return y, experts * (share * probability.mean(0)).sum()


class Block(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.before_attention, self.attention = Norm(a['width']), Attention(a)
        self.before_ffn, self.ffn = Norm(a['width']), Mixture(a) if a['experts'] > 1 else Dense(a)

    def forward(self, x, *positions):
        x = x + self.attention(self.before_attention(x), *positions)
        y, balance = self.ffn(self.before_ffn(x))
        return x + y, balance


class Decoder(nn.Module):
    """`forward(ids)` gives logits (N, vocabulary); with targets, the mean loss in nats and the balance term."""

    def __init__(self, architecture, length):
        super().__init__()
        a = checked(architecture)
        self.width, self.depth = a['width'], a['depth']
        self.embedding = nn.Embedding(a['vocabulary'], a['width'])
        self.blocks = nn.ModuleList(Block(a) for _ in range(a['depth']))
        self.norm = Norm(a['width'])
        half = a['headDim'] // 2
        angles = torch.arange(length)[:, None] * (10000 ** (-torch.arange(half) / half))[None]
        for name, table in (('cos', angles.cos()[:, None]), ('sin', angles.sin()[:, None])):
            self.register_buffer(name, table, persistent=False)
        self.register_buffer('mask', torch.full((length, length), -1e9).triu(1), persistent=False)
        self.initialise()

    def initialise(self):
        """Normal with variance 1/fan-in; what writes to the residual stream is smaller by √(2·depth)."""
        for name, parameter in self.named_parameters():
            if parameter.dim() < 2:
                continue
            if name == 'embedding.weight':
                fan = self.width
            else:
                fan = parameter.shape[-2] if parameter.dim() == 3 else parameter.shape[1]
            writes = name.endswith('attention.out.weight') or 'ffn.down' in name
            nn.init.normal_(parameter, std=fan**-0.5 / (math.sqrt(2 * self.depth) if writes else 1))

    def forward(self, ids, targets=None):
        batch, length = ids.shape
        # The table has entries of size 1/√width for the head; the stream begins at size 1.
        x = self.embedding(ids).view(batch * length, -1) * self.width**0.5
        positions = (batch, self.cos[:length].to(x.dtype), self.sin[:length].to(x.dtype), self.mask[:length, :length])
        balance = 0.0
        for block in self.blocks:
            x, term = block(x, *positions)
            balance = balance + term / self.depth
        logits = F.linear(self.norm(x), self.embedding.weight)
        if targets is None:
            return logits
        return F.cross_entropy(logits.float(), targets.reshape(-1)), balance

    def loads(self):
        """Per mixture layer, how many tokens each expert took in the last pass."""
        return [block.ffn.load.tolist() for block in self.blocks if isinstance(block.ffn, Mixture)]
