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
// code, and what is longer than an organization code may be one whose prefix
// was forgotten.
func loggedLogin(login string) string {
	const longest = 20
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
	for _, prefix := range []string{joinPrefix, requestPrefix} {
		if strings.HasPrefix(login, prefix) && len(login) > len(prefix) {
			return true
		}
	}
	return login == signUpName && s.cfg.SignUp
}
