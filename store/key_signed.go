package store

import (
	"context"

	"muster/internal/sshkey"
	"muster/models"
)

// KeyChallenge is what the actor signs with a key to prove that it is theirs. host
// is the fingerprint of the installation's host key.
func (s *Store) KeyChallenge(ctx context.Context, a models.Actor, host string) (c models.KeyChallenge, err error) {
	err = s.view(ctx, a, event{}, func(t *tx) error {
		ends := models.ChallengeEnds(t.now)
		c = models.KeyChallenge{Namespace: sshkey.Namespace, ExpiresAt: ends[len(ends)-1]}
		c.Text = models.ChallengeText(t.user, host, c.ExpiresAt)
		c.Command = "echo '" + c.Text + "' | ssh-keygen -Y sign -n " + c.Namespace + " -f ~/.ssh/id_ed25519"
		return nil
	})
	return c, err
}

// AddSignedKey adds the key of a signature over the actor's KeyChallenge, or
// proves it where they have pasted it before. Others who have only pasted it lose
// it. label may be nil. A signature over anything else is CodeDenied. In
// everything else it is AddKey.
func (s *Store) AddSignedKey(ctx context.Context, a models.Actor, signature []byte, label *string, host, code string) (key models.Key, err error) {
	sig, err := sshkey.ParseSignature(signature)
	if err != nil {
		return key, err
	}
	k := sig.Key
	if label != nil {
		k.Label = *label
	}
	err = s.changeWithCode(ctx, a, event{"key.add", "key", k.Fingerprint, k.Fingerprint}, func(t *tx) error {
		var texts []string
		for _, end := range models.ChallengeEnds(t.now) {
			texts = append(texts, models.ChallengeText(t.user, host, end))
		}
		if !sig.Signs(texts...) {
			return models.Errorf(models.CodeDenied, "this signature is not for the text you were asked to sign, or it is too late").
				WithHint("get a new text and sign that: {key.challenge}")
		}
		if err := t.freshCode(ctx, code); err != nil {
			return err
		}
		key, err = t.addKey(ctx, t.user.ID, k, true, models.AsSelf)
		return err
	})
	return key, err
}
