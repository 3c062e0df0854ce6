package tui

import (
	"crypto/ed25519"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"muster/internal/sshkey"
	"muster/models"
)

// TestASignatureIsPasted proves a key in the form that adds one, and tells the other
// account that had pasted it, once.
func TestASignatureIsPasted(t *testing.T) {
	h, ada, grace, _ := peopled(t)
	_, private, err := ed25519.GenerateKey(rand.Reader)
	h.must(err)
	signer, err := ssh.NewSignerFromKey(private)
	h.must(err)
	public, err := sshkey.Check(signer.PublicKey(), "theirs")
	h.must(err)
	_, err = h.st.AddKey(h.ctx, grace, public, "")
	h.must(err)
	c, err := h.st.KeyChallenge(h.ctx, ada, "SHA256:the host key")
	h.must(err)
	sig, err := sshsig.Sign(strings.NewReader(c.Text+"\n"), signer, sshsig.HashSHA512, c.Namespace)
	h.must(err)

	app := h.as(ada, 100, 30)
	app.Press("9").See("Key · here").Press("n").See("Add a key").Paste(string(sshsig.Armor(sig)))
	app.Press("tab").Type("desk").Press("ctrl+enter").See("the key desk is proven")
	app.SeeLine("Key", "desk").See("SHA256").SeeNot("unproven")

	other := h.as(grace, 100, 30)
	other.See("Your account", "removed from your account")
	h.clock.Advance(models.SecondFactorWindow)
	other.Press("esc").SeeNot("Your account")
	h.as(grace, 100, 30).SeeNot("Your account")
}
