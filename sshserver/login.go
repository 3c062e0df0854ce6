package sshserver

import (
	"fmt"
	"strings"
	"unicode"
)

// User names with a meaning of their own; every other one may name an
// organization.
const (
	joinPrefix    = "join+"
	requestPrefix = "request+"
	signUpName    = "new"
)

// maxLogin is longer than any user name that means something.
const maxLogin = 128

// cleanLogin makes the user name as the client sent it harmless: at most
// maxLogin bytes, letters, digits and ASCII punctuation only.
func cleanLogin(sent string) string {
	clean := strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f || r >= 0xa0 && r != unicode.ReplacementChar && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return '?'
	}, sent)
	if len(clean) > maxLogin {
		clean = strings.ToValidUTF8(clean[:maxLogin], "")
	}
	return clean
}

// loggedLogin is what of a user name may stand in a log. What follows a + is a
// code, and a long one may be a code whose prefix was forgotten: the shortest
// that muster makes has 16 letters and digits.
func loggedLogin(login string) string {
	const longest = 15
	name, _, coded := strings.Cut(login, "+")
	if len(name) > longest {
		return fmt.Sprintf("(%d bytes)", len(login))
	}
	if coded {
		return name + "+…"
	}
	return name
}

// admitsStrangers says whether a key that belongs to nobody may come in under
// this user name.
func (s *Server) admitsStrangers(login string) bool {
	return hasCode(login, joinPrefix) || hasCode(login, requestPrefix) || login == signUpName && s.cfg.SignUp
}

// hasCode says whether a user name is a prefix and something after it.
func hasCode(login, prefix string) bool {
	return len(login) > len(prefix) && strings.HasPrefix(login, prefix)
}
