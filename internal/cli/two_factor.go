package cli

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/qr"
	"muster/models"
	"muster/store"
)

func (c *cli) twoFactorCommand() *cobra.Command {
	g := group("two-factor", "your second factor: an authenticator app and recovery codes",
		c.factorStatus(), c.factorEnrol(), c.factorConfirm(), c.factorVerify(), c.factorRecovery(), c.factorDisable(), c.factorReset())
	g.Long = `Look after your second factor. An organization can require one: then a code of
your authenticator app opens it, to the app and to commands, for 12 hours for the
key and the address that you come from. A shell on the machine of the database is
never asked.`
	return g
}

// factor is a second factor in JSON. Its user is its id.
type factor struct {
	ID string `json:"id"`
	models.SecondFactor
}

func (c *cli) sayFactor(v models.SecondFactor, id string) error {
	return c.emit(factor{id, v}, func() error {
		state := "none"
		switch {
		case v.Enrolled:
			state = "on, since " + c.date(*v.Since)
		case v.Pending:
			state = "begun, waits for a first code: muster two-factor confirm CODE"
		}
		here := ""
		switch {
		case v.Local:
			here = "not asked for: a local session"
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
			key = "a hardware key: counts as second factor where the organization says so"
		}
		return c.facts("second factor", state, "this session", here, "this key", key, "left", left,
			"locked until", c.atOr(v.LockedUntil, ""), "required by", strings.Join(v.RequiredBy, ", "))
	})
}

func (c *cli) factorStatus() *cobra.Command {
	return &cobra.Command{
		Use:     "status",
		Short:   "show how your second factor stands",
		Long:    "Show whether you have a second factor, whether this session has given a code, how\nmany recovery codes are left, and which of your organizations require one.",
		Example: "muster two-factor status\nmuster two-factor status --json",
		Args:    takes(),
		RunE: action(func(ctx context.Context, _ []string) error {
			s, a, err := c.signedIn(ctx)
			if err != nil {
				return err
			}
			v, err := s.SecondFactor(ctx, a)
			if err != nil {
				return err
			}
			return c.sayFactor(v, a.Subject())
		}),
	}
}

func (c *cli) factorEnrol() *cobra.Command {
	var light bool
	cmd := &cobra.Command{
		Use:   "enrol",
		Short: "begin a second factor: a QR code for your authenticator app",
		Long: `Begin a second factor. The secret is shown once, as a QR code, as text to type, and
as the address that the QR code holds. It counts once you have given a first code
of the app to: two-factor confirm. Until then you can begin anew.

The QR code is drawn for a dark terminal; on a light one it is the negative, which
most apps read as well. --light draws it for a light one.`,
		Example: "muster two-factor enrol\nmuster two-factor enrol --json",
		Args:    takes(),
	}
	cmd.Flags().BoolVar(&light, "light", false, "draw the QR code for a terminal with a light background")
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		s, a, err := c.signedIn(ctx)
		if err != nil {
			return err
		}
		site, err := c.site()
		if err != nil {
			return err
		}
		e, err := s.EnrolSecondFactor(ctx, a, site.Name)
		if err != nil {
			return err
		}
		return c.emit(e, func() error {
			code, err := qr.Encode(e.URI)
			if err != nil {
				return err
			}
			picture := strings.Join(code.Lines(!light, qr.Quiet), "\n") + "\n"
			if _, err := io.WriteString(c.env.Out, picture); err != nil {
				return err
			}
			if err := c.facts("secret", e.Secret, "address", e.URI); err != nil {
				return err
			}
			c.note("scan it with your authenticator app, then give its first code to: muster two-factor confirm CODE")
			return nil
		})
	})
	return cmd
}

// withFactorCode makes a command that takes a code as its words or from
// standard input.
func (c *cli) withFactorCode(cmd *cobra.Command, run func(ctx context.Context, s *store.Store, a models.Actor, code string) error) *cobra.Command {
	cmd.Use += " [CODE]"
	cmd.Long += "\n\nThe code is given as a word or on standard input. A wrong one is counted: five\nwithin 15 minutes lock the second factor for 15 minutes."
	cmd.Args = cobra.MaximumNArgs(4) // people type codes in groups
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		code, err := c.readCode(args)
		if err != nil {
			return err
		}
		s, a, err := c.signedIn(ctx)
		if err != nil {
			return err
		}
		return run(ctx, s, a, code)
	})
	return cmd
}

// maxCodeLine bounds what is read as a code.
const maxCodeLine = 256

// readCode reads up to the end of a line and no further, so that a person can
// type a code without closing the input. It is read byte by byte: nobody else
// reads what follows.
func (c *cli) readCode(args []string) (string, error) {
	line := []byte(strings.Join(args, ""))
	if len(args) == 0 {
		c.note("type the code, then enter")
		b := make([]byte, 1)
		for len(line) < maxCodeLine {
			n, err := c.env.In.Read(b)
			if n == 1 && (b[0] == '\n' || b[0] == '\r') && len(line) > 0 {
				break
			}
			line = append(line, b[:n]...)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return "", err
			}
		}
	}
	code := models.NormFactorCode(string(line))
	if code == "" {
		return "", usage("a code is missing").WithHint("give it as a word or on standard input")
	}
	return code, nil
}

// recoveryCodes is the answer that holds recovery codes.
type recoveryCodes struct {
	ID    string   `json:"id"` // the user's
	Codes []string `json:"recovery_codes"`
}

func (c *cli) sayRecovery(a models.Actor, codes []string) error {
	return c.emit(recoveryCodes{a.Subject(), codes}, func() error {
		for _, code := range codes {
			if err := c.say("%s", code); err != nil {
				return err
			}
		}
		c.note("keep these recovery codes where you find them without your phone: each opens once in place of a code, and they are never shown again")
		return nil
	})
}

func (c *cli) factorConfirm() *cobra.Command {
	return c.withFactorCode(&cobra.Command{
		Use:     "confirm",
		Short:   "make the second factor count, with a first code",
		Long:    "Give the first code of your authenticator app. From then on the second factor\ncounts. Ten recovery codes are shown, once.",
		Example: "muster two-factor confirm 123456",
	}, func(ctx context.Context, s *store.Store, a models.Actor, code string) error {
		codes, err := s.ConfirmSecondFactor(ctx, a, code)
		if err != nil {
			return err
		}
		return c.sayRecovery(a, codes)
	})
}

func (c *cli) factorVerify() *cobra.Command {
	return c.withFactorCode(&cobra.Command{
		Use:     "verify",
		Short:   "give a code, which then holds for 12 hours",
		Long:    "Give a code of your authenticator app or a recovery code. It opens the\norganizations that require a second factor, to the app and to commands, for 12\nhours for the key and the address that you come from.",
		Example: "muster two-factor verify 123456\nmuster two-factor verify < code",
	}, func(ctx context.Context, s *store.Store, a models.Actor, code string) error {
		v, err := s.VerifySecondFactor(ctx, a, code)
		if err != nil {
			return err
		}
		return c.sayFactor(v, a.Subject())
	})
}

func (c *cli) factorRecovery() *cobra.Command {
	return c.withFactorCode(&cobra.Command{
		Use:     "recovery",
		Short:   "make new recovery codes",
		Long:    "Make ten new recovery codes in place of the old ones, for a code.",
		Example: "muster two-factor recovery 123456",
	}, func(ctx context.Context, s *store.Store, a models.Actor, code string) error {
		codes, err := s.RenewRecoveryCodes(ctx, a, code)
		if err != nil {
			return err
		}
		return c.sayRecovery(a, codes)
	})
}

func (c *cli) factorDisable() *cobra.Command {
	return c.withFactorCode(&cobra.Command{
		Use:     "disable",
		Short:   "take your second factor off",
		Long:    "Take your second factor off, for a code of the app or a recovery code.\nOrganizations that require one are closed to you until you set one up again.",
		Example: "muster two-factor disable 123456",
	}, func(ctx context.Context, s *store.Store, a models.Actor, code string) error {
		if err := s.DisableSecondFactor(ctx, a, code); err != nil {
			return err
		}
		v, err := s.SecondFactor(ctx, a)
		if err != nil {
			return err
		}
		if len(v.RequiredBy) > 0 {
			c.note("required by %s", strings.Join(v.RequiredBy, ", "))
		}
		return c.sayFactor(v, a.Subject())
	})
}

func (c *cli) factorReset() *cobra.Command {
	return &cobra.Command{
		Use:   "reset USER",
		Short: "take somebody's second factor off who has lost it (site admins)",
		Long: `Take the second factor off somebody who has lost phone and recovery codes. USER is
an address, a handle or an id. It is for site admins, who over SSH have to have
given their own code, if they have one; make sure first who is asking. The audit
log names both.`,
		Example: "muster two-factor reset bob@example.com",
		Args:    takes("USER"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, err := c.signedIn(ctx)
			if err != nil {
				return err
			}
			u, err := s.ResetSecondFactor(ctx, a, args[0])
			if err != nil {
				return err
			}
			return c.emit(u, func() error { return c.say("%s <%s> has no second factor any more", u.Name, u.Email) })
		}),
	}
}
