package cli

import (
	"strings"

	"muster/internal/op"
	"muster/models"
)

func keyWords() map[string]words {
	return map[string]words{
		"key.list": shows(func(c *cli, page op.List[models.Key]) error {
			rows := make([][]string, len(page.Items))
			for i, k := range page.Items {
				rows[i] = []string{k.Label, k.Type, k.Fingerprint, c.date(k.AddedAt), c.agoOr(k.LastUsedAt, never(k)), k.ID}
			}
			return c.table([]string{"LABEL", "TYPE", "FINGERPRINT", "ADDED", "LAST USED", "ID"}, rows, "", "you have no keys yet: muster key add FILE.pub")
		}),
		"key.add": shows(func(c *cli, k models.Key) error {
			if err := c.say("added %s %s (%s)", k.Type, k.Fingerprint, k.ID); err != nil || k.ProvenAt != nil {
				return err
			}
			c.note("%s; prove it now: %s", models.UnprovenKey, c.doorWords("key.challenge", ""))
			return nil
		}),
		"key.challenge": shows(func(c *cli, h models.KeyChallenge) error {
			if err := c.say("%s", h.Text); err != nil {
				return err
			}
			c.note("sign this line with the key, and give the signature to key add until %s:", c.at(h.ExpiresAt))
			c.note("%s | %s", h.Command, strings.Trim(c.doorWords("key.add", ""), "`"))
			return nil
		}),
		"key.rename": says(func(_ *cli, k models.Key) string { return k.Fingerprint + " is now called " + k.Label }),
		"key.remove": asking(says(func(_ *cli, k models.Key) string { return "removed " + k.Fingerprint }),
			func(_ *cli, k models.Key) string { return "remove the key " + k.Label + "?" }),
		"key.remove.preview": shows(func(c *cli, k models.Key) error {
			return c.say("removing the key %s (%s %s), last used %s: it no longer signs you in", k.Label, k.Type, k.Fingerprint, c.agoOr(k.LastUsedAt, "never"))
		}),
		"key.pair": shows(func(c *cli, p op.Pairing) error {
			if err := c.say("%s", p.Line); err != nil {
				return err
			}
			c.note("run this line on the new machine; it works once, until %s", c.at(p.Expires))
			return nil
		}),
	}
}

// never is what stands for the last use of a key without one.
func never(k models.Key) string {
	if k.ProvenAt == nil {
		return "never, unproven"
	}
	return "never"
}
