"""ctext - the comments and string literals of a C file, for the lints."""
import re

TOKEN = re.compile(r'''
    (?P<comment>/\*.*?\*/|//[^\n]*)
  | (?P<include>^[ \t]*\#[ \t]*include[^\n]*)
  | (?P<string>"(?:\\.|[^"\\\n])*")
  | (?P<char>'(?:\\.|[^'\\\n])*')
  | (?P<word>[A-Za-z_]\w*)
  | (?P<other>\S)''', re.S | re.M | re.X)


def tokens(text):
    """(kind, text, line) of each token."""
    line = 1
    position = 0
    for match in TOKEN.finditer(text):
        line += text.count('\n', position, match.start())
        position = match.start()
        yield match.lastgroup, match.group(), line


def is_prose(message):
    """Has it two or more words, without formats and escapes?"""
    rest = re.sub(r'%[-+ #0-9.*]*[hljzt]*[a-zA-Z%]|\\.|\{\w+\}', ' ', message)
    return sum(bool(re.search('[A-Za-z]', w)) for w in rest.split()) >= 2


def messages(text):
    """(line, message) of each literal of two or more words, once.  Adjacent
    literals are joined; a macro beside them stands as {NAME}."""
    parts, start, seen, previous = [], 0, set(), ''
    for kind, token, line in list(tokens(text)) + [('other', ';', 0)]:
        macro = kind == 'word' and re.fullmatch(r'[A-Z][A-Z0-9_]+', token) and \
            previous != 'define'
        if kind == 'string' or macro:
            start = start if parts else line
            parts.append('{%s}' % token if macro else token[1:-1])
        elif kind != 'comment' and parts:
            message = ''.join(parts)
            parts = []
            if is_prose(message) and message not in seen:
                seen.add(message)
                yield start, message
        previous = token
