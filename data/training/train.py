"""Trains one model and prints one line of JSON: what it is, its held-out loss, its loss curve, what it cost.

    python3 train.py '{"architecture": {"depth": 4, "width": 64, "heads": 4, "headDim": 16, "kvHeads": 2,
      "ffnRatio": 2, "experts": 8, "activeExperts": 1, "vocabulary": 1024}, "tokens": 1000000, "seed": 0}'

Everything that a run depends on is in that object (defaults below), the token files and the seed. One thread; the
same run twice gives the same loss to the last bit, and so does a run that was stopped and goes on from its
checkpoint. README.md says how data, learning rate and schedule were chosen.
"""
import argparse, contextlib, json, math, os, platform, sys, time

os.environ.setdefault('OMP_NUM_THREADS', '1')
import numpy
import torch

from model import BadArchitecture, Decoder

DEFAULTS = {
    'tokens': 1_000_000,  # trained on; rounded down to whole steps
    'seed': 0,  # of the initial weights; the tokens and their order are the same for all
    'sequence': 128,
    'batch': 4,  # sequences a step; at a few hundred thousand tokens many small steps beat few large ones
    'learningRate': None,  # default: by width, see learning_rate()
    'weightDecay': 0.01,
    'warmUp': 0.02,  # share of the steps
    'finalRate': 0.01,  # of the peak, at the end of the cosine
    'clip': 1.0,  # norm of the gradient
    'balance': 0.01,  # weight of the load-balancing term
    'heldOutTokens': 131_072,
}
EVALUATED = 32  # held-out sequences a pass
POINTS = 24  # of the loss curve
PIECE = 2**15  # weights that AdamW sees at a time


def learning_rate(width):
    """Peak rate for a width: 0.1 / √width. README.md has the runs that it was checked with."""
    return 0.1 / math.sqrt(width)


class Tokens:
    """A file of 16-bit little-endian token numbers, cut into sequences that are read in strides.

    Sequence k is the (k · stride mod n)-th, with a stride near n/φ and prime to n: neighbours in a batch come from
    far apart, all are read once before any is read again, and the order depends on nothing but the file's length.
    """

    def __init__(self, path, length, vocabulary, device):
        self.ids = torch.from_numpy(numpy.fromfile(path, dtype='<u2').astype(numpy.int64)).to(device)
        self.length = length
        self.count = (len(self.ids) - 1) // length
        if self.count < 1:
            raise BadRun(f'{path} holds {len(self.ids)} tokens, fewer than one sequence of {length} and its next')
        if self.ids.max() >= vocabulary:
            raise BadRun(f'{path} has token {self.ids.max()}, beyond vocabulary {vocabulary}')
        self.stride = max(1, round(self.count * 0.6180339887))
        while math.gcd(self.stride, self.count) > 1:
            self.stride += 1
        self.offsets = torch.arange(length + 1, device=device)

    def batch(self, first, size):
        """Inputs and targets (size, length) of the sequences first … first + size − 1."""
        starts = [(first + i) * self.stride % self.count * self.length for i in range(size)]
        rows = self.ids[torch.tensor(starts, device=self.ids.device)[:, None] + self.offsets]
        return rows[:, :-1], rows[:, 1:]


class BadRun(ValueError):
    """A run that cannot be done; the message names the value and the rule."""


def checked_run(given):
    unknown = [key for key in given if key not in DEFAULTS and key != 'architecture']
    if unknown:
        raise BadRun(f'unknown key "{unknown[0]}"; known: architecture, {", ".join(DEFAULTS)}')
    if not isinstance(given.get('architecture'), dict):
        raise BadRun('"architecture" is missing')
    run = {**DEFAULTS, **given}
    if run['learningRate'] is None:
        run['learningRate'] = learning_rate(run['architecture'].get('width') or 1)
    if run['tokens'] < run['batch'] * run['sequence']:
        raise BadRun(f"tokens {run['tokens']} are fewer than one step of {run['batch'] * run['sequence']}")
    return run


class Optimizer:
    """AdamW 0.9/0.95; gains of norms do not decay.

    Weights and gradients are moved into one tensor each, which AdamW sees in pieces that stay in the cache: of a
    small model with many experts, a step over whole tensors would take as long as the model.
    """

    def __init__(self, model, run):
        matrices = [p for p in model.parameters() if p.dim() > 1]
        gains = [p for p in model.parameters() if p.dim() == 1]
        self.clip = run['clip']
        self.weights = torch.cat([p.data.reshape(-1) for p in matrices + gains])
        self.gradients = torch.zeros_like(self.weights)
        start = 0
        for p in matrices + gains:
            part = slice(start, start := start + p.numel())
            p.data, p.grad = self.weights[part].view_as(p), self.gradients[part].view_as(p)
        split = sum(p.numel() for p in matrices)
        decays = {'params': self.pieces(slice(0, split)), 'weight_decay': run['weightDecay']}
        stays = {'params': self.pieces(slice(split, None)), 'weight_decay': 0.0}
        self.adam = torch.optim.AdamW([decays, stays], lr=run['learningRate'], betas=(0.9, 0.95), eps=1e-10, foreach=False)

    def pieces(self, part):
        pieces = self.weights[part].split(PIECE)
        for piece, gradient in zip(pieces, self.gradients[part].split(PIECE)):
            piece.grad = gradient
        return list(pieces)

    def step(self, rate):
        """Clips the gradients' norm, steps at this rate, and clears the gradients."""
        for group in self.adam.param_groups:
            group['lr'] = rate
        norm = self.gradients.norm().item()
        if norm > self.clip:
            self.gradients.mul_(self.clip / norm)
        self.adam.step()
        self.gradients.zero_()


def schedule(step, steps, run):
    """Share of the peak rate: linear warm-up, then a cosine down to `finalRate`."""
    warm = max(1, int(run['warmUp'] * steps))
    if step < warm:
        return (step + 1) / warm
    done = (step - warm) / max(1, steps - warm)
    return run['finalRate'] + (1 - run['finalRate']) * 0.5 * (1 + math.cos(math.pi * done))


def held_out_loss(model, tokens, run, precision):
    """Mean loss in nats a token over the held-out sequences, and each expert's share of the tokens by layer."""
    sequences = min(tokens.count, run['heldOutTokens'] // run['sequence'])
    total, loads = 0.0, None
    with torch.no_grad(), precision():
        for first in range(0, sequences, EVALUATED):
            size = min(EVALUATED, sequences - first)
            total += model(*tokens.batch(first, size))[0].item() * size
            part = torch.tensor(model.loads())
            loads = part if loads is None else loads + part
    shares = (loads / loads.sum(-1, keepdim=True)).tolist() if loads.numel() else []
    return total / sequences, shares


def train(run, paths, device, checkpoint=None, every=0, stop=None, report=lambda step, steps, loss: None):
    """Trains and returns the result, or None when it was told to stop before the end (step `stop`)."""
    torch.set_num_threads(1)
    torch.manual_seed(run['seed'])
    began, cpu = time.time(), time.process_time()
    model = Decoder(run['architecture'], run['sequence']).to(device)
    optimizer = Optimizer(model, run)
    vocabulary = run['architecture']['vocabulary']
    train_tokens, held_out = (Tokens(path, run['sequence'], vocabulary, device) for path in paths)
    precision = (lambda: torch.autocast('cuda', torch.bfloat16)) if device == 'cuda' else contextlib.nullcontext
    per_step = run['batch'] * run['sequence']
    steps = run['tokens'] // per_step
    thin = max(1, steps // POINTS)
    state = {'step': 0, 'curve': [], 'recent': [], 'seconds': 0.0, 'cpuSeconds': 0.0, 'status': 'finished'}
    if checkpoint and os.path.exists(checkpoint):
        saved = torch.load(checkpoint, map_location=device)
        if saved['run'] != run:
            raise BadRun(f'{checkpoint} belongs to another run; remove it or name another file')
        model.load_state_dict(saved['model'])
        optimizer.adam.load_state_dict(saved['adam'])
        state = saved['state']

    def spent():
        return {'seconds': state['seconds'] + time.time() - began, 'cpuSeconds': state['cpuSeconds'] + time.process_time() - cpu}

    def save():
        saved = {'run': run, 'model': model.state_dict(), 'adam': optimizer.adam.state_dict(), 'state': {**state, **spent()}}
        torch.save(saved, checkpoint + '.part')
        os.replace(checkpoint + '.part', checkpoint)

    for step in range(state['step'], steps):
        if step == stop:
            save()
            return None
        with precision():
            loss, balance = model(*train_tokens.batch(step * run['batch'], run['batch']))
        (loss + run['balance'] * balance).backward()
        optimizer.step(run['learningRate'] * schedule(step, steps, run))
        state['step'] = step + 1
        state['recent'].append(loss.item())
        if not math.isfinite(state['recent'][-1]):
            state['status'] = 'diverged'
            break
        if (step + 1) % thin == 0:
            mean = sum(state['recent']) / len(state['recent'])
            state['curve'].append([(step + 1) * per_step, round(mean, 4)])
            state['recent'] = []
            report(step + 1, steps, mean)
        if checkpoint and every and (step + 1) % every == 0:
            save()
    loss, shares = held_out_loss(model, held_out, run, precision)
    if not math.isfinite(loss):
        state['status'] = 'diverged'
    return {**described(run, model, state, spent(), device), 'loss': loss if state['status'] == 'finished' else None,
            'status': state['status'], 'curve': state['curve'], 'expertShares': shares, 'machine': machine(device)}


def described(run, model, state, spent, device):
    """Counts, FLOPs and time. Training costs 6 FLOPs an active parameter and token, the forward pass alone 2; and
    attention's products of whole matrices. Seconds are those of the processor on a CPU, which others may share."""
    a = run['architecture']
    total = sum(p.numel() for p in model.parameters())
    stored = sum(p.numel() for p in model.parameters() if p.dim() == 3)
    active = total - stored * (a['experts'] - a['activeExperts']) // a['experts']
    tokens = state['step'] * run['batch'] * run['sequence']
    forward = 2 * active + 4 * a['depth'] * a['heads'] * a['headDim'] * run['sequence']
    flops = forward * (3 * tokens + run['heldOutTokens'])
    seconds = spent['cpuSeconds'] if device == 'cpu' else spent['seconds']
    return {**run, 'tokens': tokens, 'parametersTotal': total, 'parametersActive': active,
            'parametersEmbedding': model.embedding.weight.numel(), 'seconds': round(spent['seconds'], 2),
            'cpuSeconds': round(spent['cpuSeconds'], 2), 'flopsPerSecond': round(flops / max(seconds, 1e-9))}


def machine(device):
    """The processor's name, and PyTorch's version."""
    name = platform.processor() or platform.machine()
    if device == 'cuda':
        name = torch.cuda.get_device_name()
    elif os.path.exists('/proc/cpuinfo'):
        with open('/proc/cpuinfo') as file:
            name = next((line.split(':', 1)[1].strip() for line in file if line.startswith('model name')), name)
    return f'{name}, PyTorch {torch.__version__}'


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    corpus = os.path.join(here, '..', 'external', 'corpus')
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('run', help='JSON')
    parser.add_argument('--tokens', default=os.path.join(corpus, 'train.bin'), help='training token file')
    parser.add_argument('--held-out', default=os.path.join(corpus, 'heldout.bin'), help='held-out token file')
    parser.add_argument('--device', choices=['cpu', 'cuda'], default='cpu')
    parser.add_argument('--checkpoint', help='file to write and to go on from')
    parser.add_argument('--every', type=int, default=0, help='steps between checkpoints')
    parser.add_argument('--stop', type=int, help='write the checkpoint and stop before this step')
    options = parser.parse_args()
    report = lambda step, steps, loss: print(f'{step}/{steps} loss {loss:.4f}', file=sys.stderr, flush=True)
    try:
        run = checked_run(json.loads(options.run))
        result = train(run, (options.tokens, options.held_out), options.device, options.checkpoint, options.every,
                       options.stop, report)
    except (BadRun, BadArchitecture, FileNotFoundError, json.JSONDecodeError) as error:
        sys.exit(f'error: {error}')
    if result:
        print(json.dumps(result))


if __name__ == '__main__':
    main()
