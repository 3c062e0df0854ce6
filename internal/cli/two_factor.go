package cli

import (
	"fmt"
	"io"
	"strings"

	"muster/internal/op"
	"muster/internal/qr"
	"muster/models"
)

func factorWords() map[string]words {
	return map[string]words{
		"second_factor.status":   shows((*cli).sayFactor),
		"second_factor.verify":   shows((*cli).sayFactor),
		"second_factor.enrol":    shows((*cli).sayEnrolment),
		"second_factor.confirm":  shows((*cli).sayRecovery),
		"second_factor.recovery": shows((*cli).sayRecovery),
		"second_factor.disable.preview": shows(func(c *cli, v op.Factor) error {
			if len(v.RequiredBy) == 0 {
				return c.say("without a second factor, your SSH key alone signs you in")
			}
			return c.say("without a second factor, these organizations are closed to you: %s", strings.Join(v.RequiredBy, ", "))
		}),
		"second_factor.disable": asking(shows(func(c *cli, v op.Factor) error {
			if len(v.RequiredBy) > 0 {
				c.note("required by %s", strings.Join(v.RequiredBy, ", "))
			}
			return c.sayFactor(v)
		}), func(*cli, op.Factor) string { return "turn off your second factor?" }),
		"second_factor.reset": asking(says(func(_ *cli, u models.User) string {
			return fmt.Sprintf("%s <%s> no longer has a second factor", u.Name, u.Email)
		}), func(c *cli, _ any) string {
			return "reset the second factor of " + c.words[0] + "? The SSH key alone then signs them in."
		}),
	}
}

func (c *cli) sayFactor(v op.Factor) error {
	state := "none"
	switch {
	case v.Enrolled:
		state = "on, since " + c.date(*v.Since)
	case v.Pending:
		state = "not finished, waiting for a first code: muster two-factor confirm CODE"
	}
	here := ""
	switch {
	case v.Local:
		here = "not needed: a local session"
	case v.VerifiedUntil != nil:
		here = "verified until " + c.at(*v.VerifiedUntil)
	case v.Enrolled:
		here = "not verified: muster two-factor verify CODE"
	}
	left, key := "", ""
	if v.Enrolled {
		left = count(v.Recovery, "recovery code", "recovery codes")
	}
	if v.HardwareKey {
		key = "a hardware key: counts as second factor where the organization allows it"
	}
	return c.facts("second factor", state, "this session", here, "this key", key, "left", left,
		"locked until", c.atOr(v.LockedUntil, ""), "required by", strings.Join(v.RequiredBy, ", "))
}

// sayFactorPicture shows what an authenticator app needs.
func (c *cli) sayFactorPicture(e models.FactorEnrolment) error {
	if c.lines == nil { // a picture is nothing to read out
		code, err := qr.Encode(e.URI)
		if err != nil {
			return err
		}
		flag := c.flags.Lookup("light")
		light := flag != nil && flag.Value.String() == "true"
		picture := strings.Join(code.Lines(!light, qr.Quiet), "\n") + "\n"
		if _, err := io.WriteString(c.out, picture); err != nil {
			return err
		}
	}
	return c.facts("secret", e.Secret, "address", e.URI)
}

func (c *cli) sayEnrolment(e models.FactorEnrolment) error {
	if err := c.sayFactorPicture(e); err != nil {
		return err
	}
	if c.lines != nil {
		c.note("type the secret into your authenticator app, then enter its first code")
		return nil
	}
	c.note("scan it with your authenticator app, then run with its first code: muster two-factor confirm CODE")
	return nil
}

func (c *cli) sayRecovery(r op.RecoveryCodes) error {
	for _, code := range r.Codes {
		if err := c.say("%s", code); err != nil {
			return err
		}
	}
	c.note("keep these recovery codes where you can find them without your phone: each works once in place of a code, and they are never shown again")
	return nil
}
