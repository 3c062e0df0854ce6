package you

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/internal/sshkey"
	"muster/models"
	"muster/tui/host"
	"muster/tui/kit"
	"muster/tui/theme"
	"muster/tui/ui"
)

func addKeyForm(h host.Host) tea.Cmd {
	form := &ui.Form{Title: "Add a key", Send: "Add", Intro: []ui.Line{
		{Text: "Paste the public key, from a file like ~/.ssh/id_ed25519.pub. Never the private key.", Style: theme.Muted},
		{Text: "It counts once it has signed in. To prove it now, paste a signature by it instead: the command key challenge shows what to sign.", Style: theme.Muted}},
		Fields: []ui.FormField{
			ui.FormField{Name: "key", Label: "Public key", Kind: ui.LinesField, Help: "like ssh-ed25519 AAAAC3… ada@laptop", Check: func(v string) error {
				return sshkey.CheckText([]byte(v))
			}}.With(""),
			ui.FormField{Name: "label", Label: "Label", Help: "a name for its machine", Check: kit.Name("label"), Follow: func(get func(string) string) string {
				k, err := sshkey.Parse([]byte(get("key")))
				if err != nil {
					return ""
				}
				return k.Label
			}}.With(""),
		}}
	if asksCode(h) {
		form.Fields = append(form.Fields, codeField())
	}
	form.Submit = func(get func(string) string) tea.Cmd {
		text, label, code := get("key"), get("label"), get("code")
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			return addKey(ctx, h, actor, text, label, code)
		})
	}
	h.Show(form.Prepare())
	return nil
}

// addKey adds what was pasted: a public key, or a signature by one.
func addKey(ctx context.Context, h host.Host, actor models.Actor, text, label, code string) host.Outcome {
	if sshkey.IsSignature([]byte(text)) {
		server, err := h.HostKey()
		if err != nil {
			return host.Outcome{Err: err}
		}
		added, err := h.Store.AddSignedKey(ctx, actor, []byte(text), &label, server, code)
		return host.Outcome{Err: err, Text: "the key " + added.Label + " is proven and can sign in now"}
	}
	k, err := sshkey.Parse([]byte(text))
	if err != nil {
		return host.Outcome{Err: err}
	}
	k.Label = label
	added, err := h.Store.AddKey(ctx, actor, k, code)
	return host.Outcome{Err: err, Text: "the key " + added.Label + " is added, and counts once it has signed in"}
}
