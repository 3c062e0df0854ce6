// Package keyfile writes the keys of an organization in the forms that sshd, git
// and ssh-keygen read, and keeps snapshots of them on other machines.
package keyfile

import (
	"fmt"
	"strings"
	"time"

	"muster/models"
)

// sshTime is a time as OpenSSH reads it, in UTC (ssh-keygen(1), from 9.1 on).
const sshTime = "20060102150405Z"

// Write gives an export in one of the forms but JSON.
func Write(x models.KeyExport, format string) ([]byte, error) {
	switch format {
	case models.KeysAuthorized:
		return AuthorizedKeys(x.Keys, x.MadeAt), nil
	case models.KeysAllowedSigners:
		return AllowedSigners(x.Keys), nil
	case models.KeysAuthorities:
		return Authorities(x.Authorities), nil
	case models.KeysKRL:
		return KRL(x)
	}
	return nil, models.Invalid("format", "format %q is not one of %s", models.SafeText(format), strings.Join(models.KeyFormats(), ", "))
}

// AuthorizedKeys writes the keys that open hosts at a time, one a line, as sshd
// reads them. A membership with an end has it in its line.
func AuthorizedKeys(keys []models.HeldKey, at time.Time) []byte {
	var b strings.Builder
	for _, k := range keys {
		if k.OpensAt(at) {
			b.WriteString(AuthorizedLine(k, ""))
		}
	}
	return []byte(b.String())
}

// AuthorizedLine is one of them, with more options in front.
func AuthorizedLine(k models.HeldKey, options string) string {
	var all []string
	if options != "" {
		all = append(all, options)
	}
	if k.ValidBefore != nil {
		all = append(all, fmt.Sprintf("expiry-time=%q", k.ValidBefore.UTC().Format(sshTime)))
	}
	front := ""
	if len(all) > 0 {
		front = strings.Join(all, ",") + " "
	}
	return front + k.Type + " " + k.Key + " " + word(k.Principal()) + "\n"
}

// AllowedSigners writes whose signatures count and from when to when, as
// ssh-keygen(1) and git read it. A key that has ended keeps its line: what it
// signed before verifies, what it signs after does not.
func AllowedSigners(keys []models.HeldKey) []byte {
	var b strings.Builder
	for _, k := range keys {
		fmt.Fprintf(&b, `%s namespaces="git",valid-after="%s"`, word(k.Principal()), k.ValidAfter.UTC().Format(sshTime))
		if k.ValidBefore != nil {
			fmt.Fprintf(&b, `,valid-before="%s"`, k.ValidBefore.UTC().Format(sshTime))
		}
		b.WriteString(" " + k.Type + " " + k.Key + "\n")
	}
	return []byte(b.String())
}

// Authorities writes the keys that sign certificates, as sshd reads
// TrustedUserCAKeys.
func Authorities(list []models.Authority) []byte {
	var b strings.Builder
	for _, a := range list {
		b.WriteString(a.Key + " " + a.State + "\n")
	}
	return []byte(b.String())
}

// word leaves of a name what cannot be taken for something else in a line: these
// files know no quotes around a name, and * ? ! , are patterns there.
func word(s string) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f || strings.ContainsRune(`"'\,*?!#`, r) {
			return '_'
		}
		return r
	}, models.SafeText(s))
	if s == "" {
		return "_"
	}
	return s
}
