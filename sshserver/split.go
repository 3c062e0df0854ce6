package sshserver

import (
	"strings"
	"unicode/utf8"

	"muster/models"
)

// splitCommand splits a command line into words. It is no shell: blanks part
// words, '…' and "…" hold a word together, \ takes the next character as it
// is (between double quotes only before " and \), and everything else,
// $ ` ; | & < > * included, stands for itself. An open quote, a trailing
// backslash, control characters and text that is not UTF-8 are usage errors.
func splitCommand(line string) ([]string, error) {
	if !utf8.ValidString(line) {
		return nil, usage("a command has to be UTF-8 text")
	}
	var (
		words  []string
		word   strings.Builder
		inWord bool
		quote  rune // 0, ' or "
		escape bool
	)
	for _, r := range line {
		switch {
		case isControl(r):
			return nil, usage("a command cannot contain control characters")
		case escape:
			if quote == '"' && r != '"' && r != '\\' {
				word.WriteRune('\\')
			}
			word.WriteRune(r)
			escape = false
		case r == '\\' && quote != '\'':
			escape, inWord = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case isBlank(r):
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	switch {
	case quote != 0:
		return nil, usage("unclosed %c", quote)
	case escape:
		return nil, usage(`a \ stands at the end`)
	case inWord:
		words = append(words, word.String())
	}
	return words, nil
}

func isBlank(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' }

func isControl(r rune) bool { return (r < ' ' || r >= 0x7f && r < 0xa0) && !isBlank(r) }

func usage(format string, args ...any) error {
	return models.Errorf(models.CodeUsage, format, args...).
		WithHint(`words are separated by spaces; '…' or "…" keeps spaces in a word; \ takes the next character as it is; nothing is expanded`)
}
