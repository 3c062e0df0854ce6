package store

import (
	"context"
	"fmt"

	"muster/internal/secret"
	"muster/internal/totp"
	"muster/models"
)

// This file holds the second factor of whoever joins with a key that nobody has,
// where the organization requires one. They cannot have one before they have an
// account, and must not be let in without. So the secret of it follows from the
// code and the key that they come with: it is shown to them as often as they look,
// nothing of it is kept, and joining takes a first code of it.

// newcomerLabel derives the secrets of second factors that are not kept yet.
const newcomerLabel = "muster second factor of a newcomer"

// newcomerSecret is that of whoever comes with a code and a key. Once an account has
// given the key up it is another one: the first may still be that account's.
func (t *tx) newcomerSecret(ctx context.Context, code string) ([]byte, error) {
	var given int
	if err := t.row(ctx, "SELECT count(*) FROM audit WHERE org_id = '' AND target_label = $1 AND action = 'key.remove' AND outcome = 'done'", t.actor.Key).Scan(&given); err != nil {
		return nil, err
	}
	return secret.Derive(t.s.secret, newcomerLabel, fmt.Sprintf("%s %s %d", hashCode(code), t.actor.Key, given), totp.SecretSize)
}

// Enrolment is the second factor that a newcomer has to set up before they can
// join, nil where the organization requires none of them. issuer names the
// installation in an authenticator app.
func (f CodeOffer) Enrolment(issuer string) *models.FactorEnrolment {
	if f.factor == nil {
		return nil
	}
	account := f.Offer.Invitation.Email
	if f.Kind == CodeLink {
		account = f.Link.OrgCode
	}
	return &models.FactorEnrolment{Secret: totp.Text(f.factor), URI: totp.URI(f.factor, issuer, account)}
}

// newFactor is the second factor that somebody sets up as they join.
type newFactor struct {
	secret []byte
	step   int64 // of the code that they gave; 0 for none
}

// newcomerFactor checks the first code that somebody gives who joins with a code
// of the installation.
func (t *tx) newcomerFactor(ctx context.Context, code, first string) (f newFactor, err error) {
	if first == "" {
		return f, nil
	}
	if t.user.ID != "" {
		return f, models.Errorf(models.CodeConflict, "the second factor is set up while joining only by who has no account yet").
			WithHint("use {second_factor.enrol} or {second_factor.verify CODE}, then join without a code of it")
	}
	if f.secret, err = t.newcomerSecret(ctx, code); err != nil {
		return f, err
	}
	step, ok := totp.Match(f.secret, models.NormFactorCode(first), t.now, 0)
	if !ok {
		return f, models.Errorf(models.CodeDenied, "this code is wrong or too old").
			WithHint("give the 6 digits that the app shows now; {code.show} shows what to set it up with; nothing was used up")
	}
	f.step = step
	return f, nil
}

// enrolNewcomer keeps the second factor of the transaction's user, who was just
// made, and gives their recovery codes. The code holds for this session.
func (t *tx) enrolNewcomer(ctx context.Context, f newFactor) ([]string, error) {
	if f.step == 0 {
		return nil, nil
	}
	sealed, err := secret.Seal(t.s.secret, sealLabel, t.user.ID, f.secret, t.s.rand)
	if err != nil {
		return nil, err
	}
	if _, err := t.exec(ctx, `INSERT INTO second_factors (user_id, secret, created_at, confirmed_at, last_step, locked_until)
		VALUES ($1, $2, $3, $3, $4, 0)`, t.user.ID, sealed, micros(t.now), f.step); err != nil {
		return nil, err
	}
	recovery, err := t.newRecoveryCodes(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := t.remember(ctx); err != nil {
		return nil, err
	}
	return recovery, t.logFactor(ctx, event{"second_factor.confirm", "user", t.user.ID, t.user.Email})
}
