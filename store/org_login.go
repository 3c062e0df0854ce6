package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"

	"muster/models"
)

// LoginOrganization gives the id of the organization that the actor works in
// where none is named. Over SSH that is what the name they signed in under
// stands for: one of theirs with this code or id, else the one they chose under
// this name, unless the name once was a code of theirs. Locally it is the one
// chosen last. It is CodeNotFound where a name stands for nothing, and CodeUsage
// where there is no name and nothing was chosen. named tells that it is the name
// itself that decides, not a choice. Only the name is looked at: whether the
// organization lets the actor in is asked by what comes next, and nothing is
// ever written.
func (s *Store) LoginOrganization(ctx context.Context, a models.Actor) (id string, named bool, err error) {
	if a.APIKey != "" {
		id, err = s.keyOrganization(ctx, a)
		return id, true, err
	}
	err = s.view(ctx, a, event{}, func(t *tx) error {
		free := false
		if a.Login != "" {
			if id, free, err = t.namedByLogin(ctx); err != nil || id != "" {
				named = true
				return err
			}
			named = !free
		}
		id, err = t.chosenOrganization(ctx, free)
		return err
	})
	return id, named, err
}

// chosenOrganization gives the id of the organization that was chosen: under the
// login name if that is free to stand for a choice, locally at all.
func (t *tx) chosenOrganization(ctx context.Context, free bool) (id string, err error) {
	login := t.actor.Login
	switch {
	case free:
		err = t.row(ctx, "SELECT org_id FROM org_choices WHERE user_id = $1 AND login = $2", t.user.ID, loginKey(login)).Scan(&id)
	case login == "" && t.actor.Local():
		err = t.row(ctx, "SELECT current_org FROM users WHERE id = $1", t.user.ID).Scan(&id)
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", err
	}
	chosen := id != ""
	if chosen {
		if id, err = t.ownOrganization(ctx, id); err != nil || id != "" {
			return id, err
		}
	}
	switch {
	case chosen:
		return "", chosenIsGone(login)
	case login != "":
		return "", noLoginOrganization(login)
	}
	return "", models.Errorf(models.CodeUsage, "no organization is chosen").
		WithHint("name it with --org CODE, or choose one for good with {organization.switch CODE}; {organization.list} shows yours")
}

func noLoginOrganization(login string) error {
	return models.Errorf(models.CodeNotFound, "there is no organization %q for you", models.Clip(login)).
		WithHint("name it with --org CODE, or choose one for this login name with {organization.switch CODE}; {organization.list} shows yours")
}

func chosenIsGone(login string) error {
	under := ""
	if login != "" {
		under = " under the login name " + models.Clip(login)
	}
	return models.Errorf(models.CodeNotFound, "the organization chosen%s is no longer there for you", under).
		WithHint("name one with --org CODE, or choose another with {organization.switch CODE}; {organization.list} shows yours")
}

// namedByLogin gives the id of the organization that the actor's login name
// names. Where it names none, free tells whether it may stand for a choice.
func (t *tx) namedByLogin(ctx context.Context) (id string, free bool, err error) {
	login := t.actor.Login
	norm := models.NormCode(login)
	if norm == models.PersonalWord {
		err = t.row(ctx, "SELECT o.id FROM organizations o JOIN memberships m ON m.org_id = o.id WHERE m.user_id = $1 AND o.kind = 'personal'", t.user.ID).Scan(&id)
		return id, false, err
	}
	if id, err = t.ownOrganization(ctx, login); err != nil || id != "" {
		return id, false, err
	}
	// A membership that still stands there is of an organization that was deleted,
	// or has come to its end.
	var past bool
	err = t.row(ctx, `SELECT EXISTS (SELECT 1 FROM past_codes WHERE user_id = $1 AND code_norm = $2)
		OR EXISTS (SELECT 1 FROM organizations o JOIN memberships m ON m.org_id = o.id AND m.user_id = $1 WHERE o.code_norm = $2)`, t.user.ID, norm).Scan(&past)
	return "", !past, err
}

// ownOrganization gives the id of an organization of the actor's, one in which
// they are suspended included; "" for any other.
func (t *tx) ownOrganization(ctx context.Context, ref string) (string, error) {
	before := t.attempt
	defer func() { t.attempt = before }() // nothing is attempted there
	o, err := t.lookupOrg(ctx, ref)
	switch {
	case err == nil:
		return o.ID, nil
	case isConcealed(err):
		return "", nil
	case t.attempt.org != nil && models.CodeOf(err) == models.CodeDenied:
		return t.attempt.org.ID, nil
	}
	return "", err
}

// maxChoices is how many login names of one user stand for a choice.
const maxChoices = "20"

// choice is the key under which a choice of the actor is remembered, "" where
// their login name cannot stand for one.
func (t *tx) choice(ctx context.Context) (string, error) {
	if t.actor.Login == "" {
		return "", nil
	}
	_, free, err := t.namedByLogin(ctx)
	if err != nil || !free {
		return "", err
	}
	return loginKey(t.actor.Login), nil
}

// chosen tells whether an organization is the actor's choice already.
func (t *tx) chosen(ctx context.Context, orgID string) (bool, error) {
	key, err := t.choice(ctx)
	if err != nil {
		return false, err
	}
	var same bool
	err = t.row(ctx, `SELECT u.current_org = $1 AND ($3 = '' OR EXISTS (SELECT 1 FROM org_choices c WHERE c.user_id = u.id AND c.login = $3 AND c.org_id = $1))
		FROM users u WHERE u.id = $2`, orgID, t.user.ID, key).Scan(&same)
	return same, err
}

// choose remembers an organization as the one that the actor chose last, and
// under their login name.
func (t *tx) choose(ctx context.Context, orgID string) error {
	if _, err := t.exec(ctx, "UPDATE users SET current_org = $1 WHERE id = $2 AND current_org <> $1", orgID, t.user.ID); err != nil {
		return err
	}
	key, err := t.choice(ctx)
	if err != nil || key == "" {
		return err
	}
	if _, err := t.exec(ctx, `INSERT INTO org_choices (user_id, login, org_id, chosen_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (user_id, login) DO UPDATE SET org_id = excluded.org_id, chosen_at = excluded.chosen_at`, t.user.ID, key, orgID, micros(t.now)); err != nil {
		return err
	}
	_, err = t.exec(ctx, `DELETE FROM org_choices WHERE user_id = $1 AND login NOT IN
		(SELECT login FROM org_choices WHERE user_id = $1 ORDER BY chosen_at DESC, login LIMIT `+maxChoices+`)`, t.user.ID)
	return err
}

func loginKey(login string) string {
	sum := sha256.Sum256([]byte(models.NormCode(login)))
	return hex.EncodeToString(sum[:])
}

// codePassed notes that an organization's code is over for a user who leaves it.
func (t *tx) codePassed(ctx context.Context, orgID, userID string) error {
	_, err := t.exec(ctx, `INSERT INTO past_codes (user_id, code_norm) SELECT u.id, o.code_norm FROM organizations o, users u WHERE o.id = $1 AND u.id = $2
		ON CONFLICT (user_id, code_norm) DO NOTHING`, orgID, userID)
	return err
}

// codePassedForAll does so for everybody who could use it, before the
// organization loses it.
func (t *tx) codePassedForAll(ctx context.Context, orgID string) error {
	for _, users := range []string{"SELECT user_id FROM memberships WHERE org_id = $1", "SELECT id FROM users WHERE site_admin = 1"} {
		if _, err := t.exec(ctx, `INSERT INTO past_codes (user_id, code_norm) SELECT u.id, o.code_norm FROM organizations o, users u WHERE o.id = $1 AND u.id IN (`+users+`)
			ON CONFLICT (user_id, code_norm) DO NOTHING`, orgID); err != nil {
			return err
		}
	}
	return nil
}
