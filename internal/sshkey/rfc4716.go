package sshkey

import (
	"bytes"
	"encoding/base64"
	"strings"

	"golang.org/x/crypto/ssh"

	"muster/models"
)

// The marks of RFC 4716, the form of PuTTYgen, ssh.com and ssh-keygen -e.
const (
	begin4716 = "---- BEGIN SSH2 PUBLIC KEY ----"
	end4716   = "---- END SSH2 PUBLIC KEY ----"
)

// isBlock tells whether a text is a key in the form of RFC 4716, or should be.
func isBlock(text []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(text), []byte("---- BEGIN")) }

// parseBlock reads a key in the form of RFC 4716. Its comment becomes the label;
// its other headers are left out.
func parseBlock(text []byte) (models.PublicKey, error) {
	lines := strings.Split(strings.ReplaceAll(string(bytes.TrimSpace(text)), "\r", ""), "\n")
	if strings.TrimSpace(lines[0]) != begin4716 {
		return models.PublicKey{}, notAKey()
	}
	end := -1
	for i, l := range lines {
		if strings.TrimSpace(l) == end4716 {
			end = i
			break
		}
	}
	if end < 0 {
		return models.PublicKey{}, refuse("the end of this SSH public key is missing").
			WithHint("copy everything from %q to %q", begin4716, end4716)
	}
	if end != len(lines)-1 {
		return models.PublicKey{}, refuse("there is more than one key; one key at a time").
			WithHint("add the others one by one")
	}
	comment, body := blockHeaders(lines[1:end])
	wire, err := base64.StdEncoding.DecodeString(body)
	if err != nil {
		return models.PublicKey{}, notAKey()
	}
	pub, err := ssh.ParsePublicKey(wire)
	if err != nil || !bytes.Equal(pub.Marshal(), wire) {
		return models.PublicKey{}, notAKey()
	}
	return Check(pub, comment)
}

// blockHeaders parts the headers of a block from the key, and gives the comment
// among them. A header goes on in the next line where it ends with a backslash.
func blockHeaders(lines []string) (comment, body string) {
	var b strings.Builder
	for i := 0; i < len(lines); i++ {
		l := strings.TrimSpace(lines[i])
		tag, value, ok := strings.Cut(l, ":")
		if !ok {
			b.WriteString(l)
			continue
		}
		for strings.HasSuffix(value, `\`) && i+1 < len(lines) {
			i++
			value = strings.TrimSuffix(value, `\`) + strings.TrimSpace(lines[i])
		}
		if strings.EqualFold(strings.TrimSpace(tag), "comment") {
			comment = unquote(strings.TrimSpace(value))
		}
	}
	return comment, b.String()
}

// unquote takes off the quotation marks that go around a comment.
func unquote(s string) string {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}
