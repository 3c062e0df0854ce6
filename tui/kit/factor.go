package kit

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/internal/qr"
	"muster/models"
	"muster/tui/host"
	"muster/tui/theme"
	"muster/tui/ui"
)

// ScanFactor shows what an authenticator app needs and asks for the first code.
func ScanFactor(h host.Host, e models.FactorEnrolment, pictures []*qr.Code, send string, submit func(code string) tea.Cmd) *ui.Scan {
	return &ui.Scan{Title: "Set up two-factor", Label: "First code", Digits: 6, Send: send,
		Lines: []ui.Line{
			{Text: "Scan the code with your authenticator app, or give it this secret:"}, {},
			{Text: strings.ReplaceAll(models.ShownRecoveryCode(e.Secret), "-", " "), Style: theme.Accent}, {},
			{Text: "Then type the 6 digits that the app shows. Two-factor is on after that.", Style: theme.Muted},
		},
		Picture: func(wide, high int) []string {
			return drawQR(pictures, !h.Theme.Known || h.Theme.DarkBackground, wide, high)
		},
		Copy:   func() tea.Cmd { return h.Copy(e.Secret, "the secret") },
		Submit: submit}
}

// QRPictures are the codes that can be drawn, the fullest first: the second one
// leaves out the installation's name, which a small screen has no room for.
func QRPictures(uri string) []*qr.Code {
	short, _, _ := strings.Cut(uri, "&issuer=")
	var all []*qr.Code
	for _, text := range []string{uri, short} {
		if c, err := qr.Encode(text); err == nil { // what is too long is typed instead
			all = append(all, c)
		}
	}
	return all
}

// leastQuiet is the narrowest frame around a code that phones still read.
const leastQuiet = 2

func drawQR(all []*qr.Code, dark bool, w, h int) []string {
	for _, c := range all {
		for quiet := qr.Quiet; quiet >= leastQuiet; quiet-- {
			if side := c.Size() + 2*quiet; side <= w && (side+1)/2 <= h {
				return c.Lines(dark, quiet)
			}
		}
	}
	return nil
}

// RecoveryCodes shows recovery codes, once, and then does what comes next.
func RecoveryCodes(h host.Host, codes []string, next func() tea.Cmd) *ui.Notice {
	lines := []ui.Line{{Text: "Each works once in place of a code. Keep them where you can find them without your phone: they are never shown again.", Style: theme.Warn}, {}}
	for i := 0; i < len(codes); i += 2 {
		text := codes[i]
		if i+1 < len(codes) {
			text += "    " + codes[i+1]
		}
		lines = append(lines, ui.Line{Text: text, Style: theme.Accent})
	}
	return &ui.Notice{Title: "Your recovery codes", Lines: lines, Fixed: true, Keys: []ui.NoticeKey{
		{Hint: ui.Hint{Key: "y", Title: "copy"}, Stay: true, Do: func() tea.Cmd {
			return tea.Batch(h.Clip(strings.Join(codes, "\n")), h.Say(ui.Done, "copied the recovery codes"))
		}},
		{Hint: ui.Hint{Key: "k", Title: "I have saved them"}, Do: next},
	}}
}
