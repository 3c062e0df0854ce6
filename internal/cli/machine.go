package cli

import (
	"fmt"
	"strings"

	"muster/internal/op"
	"muster/internal/output"
	"muster/models"
)

func machineWords() map[string]words {
	return map[string]words{
		"member.keys": shows((*cli).orgKeys),
		"member.revoke_key.preview": shows(func(c *cli, k op.OrgKey) error {
			return c.say("revoking the %s key %s of %s: hosts and git take it no more, not even for what it signed before", k.Type, k.Fingerprint, k.Handle)
		}),
		"member.revoke_key": asking(says(func(_ *cli, k op.OrgKey) string {
			return fmt.Sprintf("revoked %s of %s", k.Fingerprint, k.Handle)
		}), func(_ *cli, k op.OrgKey) string { return "revoke this key of " + k.Handle + " permanently?" }),
		"certificate.issue": shows(func(c *cli, v models.Certificate) error {
			if err := c.say("%s", v.Certificate); err != nil {
				return err
			}
			c.note("it names %s until %s; keep it beside the key, as NAME-cert.pub", strings.Join(v.Principals, " and "), c.at(v.ExpiresAt))
			return nil
		}),
		"certificate.rotate": asking(shows((*cli).orgKeys), func(*cli, op.OrgKeys) string {
			return "let the next key sign the organization's certificates?"
		}),
	}
}

// orgKeys lists keys, or writes the file that was asked for as it is.
func (c *cli) orgKeys(v op.OrgKeys) error {
	switch {
	case v.Unchanged:
		c.note("nothing has changed since version %s", v.Version)
		return nil
	case v.Format == models.KeysJSON:
		return output.JSON(c.out, v)
	case v.Format != "":
		b, err := v.File()
		if err == nil {
			_, err = c.out.Write(b)
		}
		return err
	}
	var rows [][]string
	for _, k := range v.Keys {
		state := "counts"
		switch {
		case k.Ended != "":
			state = "until " + c.date(*k.ValidBefore) + ": " + k.Ended
		case k.NoLogin != "":
			state = "signs only: " + k.NoLogin
		case k.ValidBefore != nil:
			state = "until " + c.date(*k.ValidBefore)
		}
		rows = append(rows, []string{models.ShownEmail(k.Email, k.EmailVerified), k.Handle, k.Role, k.Type, k.Fingerprint, c.date(k.ValidAfter), state})
	}
	for _, k := range v.Revoked {
		rows = append(rows, []string{"", k.Handle, "", k.Type, k.Fingerprint, "", "revoked " + c.date(k.RevokedAt)})
	}
	return c.table([]string{"EMAIL", "HANDLE", "ROLE", "TYPE", "FINGERPRINT", "SINCE", "STATE"}, rows, "", "no key fits")
}
