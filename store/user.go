package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"muster/models"
	"muster/store/internal/db"
)

// NewUser is what an account starts from. The key may be missing only for the
// first user of a local installation.
type NewUser struct {
	Name  string
	Email string
	Key   *models.PublicKey
}

// Me is the signed-in user with what every screen needs.
type Me struct {
	models.User
	CurrentOrg string `json:"current_organization"` // id of the one chosen last, else of the personal workspace
	Keys       int    `json:"keys"`
	NoCreate   string `json:"no_create,omitempty"` // why they may not create organizations
	// CreatePlans are the plans on which they may create one, the smallest first.
	CreatePlans []models.Plan `json:"-"`

	Preferences models.Preferences `json:"preferences"`
	Bindings    models.Bindings    `json:"-"` // the actor's own keys of the app

	Notices []models.AccountNotice `json:"notices"` // that they have not been shown yet
}

// userTable are the columns of users.
var userTable = db.Columns[models.User]{
	text("id", func(u *models.User) *string { return &u.ID }),
	text("email", func(u *models.User) *string { return &u.Email }),
	flag("email_verified", func(u *models.User) *bool { return &u.EmailVerified }),
	text("email_lost", func(u *models.User) *string { return &u.EmailLost }),
	text("name", func(u *models.User) *string { return &u.Name }),
	text("handle", func(u *models.User) *string { return &u.Handle }),
	flag("site_admin", func(u *models.User) *bool { return &u.SiteAdmin }),
	text("status", func(u *models.User) *models.UserStatus { return &u.Status }),
	at("created_at", func(u *models.User) *time.Time { return &u.CreatedAt }),
	ifAt("last_seen_at", func(u *models.User) **time.Time { return &u.LastSeenAt }),
	written("email_norm", func(u *models.User) any { return models.NormEmail(u.Email) }),
	written("email_key", emailKey),
	written("name_norm", func(u *models.User) any { return models.NormName(u.Name) }),
	written("text", func(u *models.User) any { return memberSearchText(*u) }),
	{Name: "current_org", As: "''"},
}

var userColumns = userTable.Read("")

func scanUser() scanFunc[models.User] { return scanTable(userTable) }

func (t *tx) userByID(ctx context.Context, id string) (models.User, error) {
	u, err := scanUser()(t.row(ctx, "SELECT "+userColumns+" FROM users WHERE id = $1", id))
	if errors.Is(err, sql.ErrNoRows) {
		return u, models.Errorf(models.CodeNotFound, "your account no longer exists").
			WithHint("ask for an invitation")
	}
	return u, err
}

// emailKey is what has to be unique of an address.
func emailKey(u *models.User) any {
	if u.EmailVerified {
		return models.NormEmail(u.Email)
	}
	return u.ID
}

// Empty tells whether there is no user yet. Anybody in this process may ask.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	var one int
	err := s.db.Row(ctx, "SELECT 1 FROM users LIMIT 1").Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return true, nil
	}
	return false, s.dataError(err)
}

// Init makes the first user, a site admin. It is for whoever can open the data
// directory. Once there is a user, it is CodeConflict.
func (s *Store) Init(ctx context.Context, n NewUser) (u models.User, err error) {
	err = s.changeAnyone(ctx, models.Actor{Via: models.ViaLocal}, event{}, func(t *tx) error {
		var one int
		err := t.row(ctx, "SELECT 1 FROM users LIMIT 1").Scan(&one)
		if err == nil {
			return models.Errorf(models.CodeConflict, "this installation has users already").
				WithHint("{user.me} shows who you are here")
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		u, err = t.createUser(ctx, n, true, true, models.AsSelf)
		return err
	})
	return u, err
}

// SignUp makes an account for somebody who proved a key and was invited by
// nobody, where the installation allows it. The address is not verified: such
// an account accepts invitations only by their codes.
func (s *Store) SignUp(ctx context.Context, a models.Actor, n NewUser) (u models.User, err error) {
	if !s.opt.SignUp {
		return u, models.Errorf(models.CodeDenied, "this installation is not open for sign-up").
			WithHint("ask for an invitation, or ask to join: ssh request+CODE@host")
	}
	if n.Key == nil || a.Key == "" || n.Key.Fingerprint != a.Key {
		return u, models.Errorf(models.CodeInternal, "an account is created only with the key that authenticated")
	}
	err = s.changeAnyone(ctx, a, event{}, func(t *tx) error {
		if err := t.identifyByKey(ctx); err != nil {
			return err
		}
		if t.user.ID != "" {
			return models.Errorf(models.CodeConflict, "you have an account already: %s", t.user.Email).
				WithHint("sign in with: ssh host")
		}
		u, err = t.createUser(ctx, n, false, false, models.AsSelf)
		return err
	})
	return u, err
}

// createUser makes a user, the first key and the personal workspace together.
// Where nobody acts yet, the rest of the transaction acts as that user. The
// address is a label, which others may have as well, unless it is verified.
func (t *tx) createUser(ctx context.Context, n NewUser, siteAdmin, verified bool, as models.ActingAs) (u models.User, err error) {
	if u.Name, err = models.CheckName("name", n.Name); err != nil {
		return u, err
	}
	if u.Email, err = models.CheckEmail("email", n.Email); err != nil {
		return u, err
	}
	if u.Handle, err = t.freeHandle(ctx, models.HandleFrom(u.Email)); err != nil {
		return u, err
	}
	u.ID, u.SiteAdmin, u.EmailVerified, u.Status, u.CreatedAt = t.s.ids.New("usr"), siteAdmin, verified, models.UserActive, t.now
	num, err := t.number(ctx, userNumbers(), "", models.NormEmail(u.Email), u.ID)
	if err != nil {
		return u, err
	}
	row := numbered(userTable, num)
	if _, err = t.exec(ctx, row.Insert(t.db, "users"), row.Values(&u)...); err != nil {
		return u, err
	}
	if err = t.db.Text().Put(ctx, t.db, db.UserText, num, memberSearchText(u)); err != nil {
		return u, err
	}
	if err = t.countInstallation(ctx, countUsers, +1); err != nil {
		return u, err
	}
	t.signal(TopicInstallation)
	if t.user.ID == "" {
		t.user, t.actor.UserID, t.signedUp = u, u.ID, true
	}
	if err = t.log(ctx, entry{event: event{"user.create", "user", u.ID, u.Email}, as: as,
		after: fields{"email": u.Email, "name": u.Name, "site_admin": siteAdmin}}); err != nil {
		return u, err
	}
	if n.Key != nil {
		if _, err = t.addKey(ctx, u.ID, *n.Key, false, as); err != nil {
			return u, err
		}
	}
	plan := models.PlanExplore
	personal := models.Organization{
		Code: models.PersonalCode(u.Handle), Name: u.Name, Plan: plan, Kind: models.KindPersonal,
	}
	if _, err = t.insertOrganization(ctx, personal, u, as); err != nil {
		return u, err
	}
	return u, nil
}

func (t *tx) freeHandle(ctx context.Context, want string) (string, error) {
	for n := 1; ; n++ {
		h := want
		if n > 1 {
			h = fmt.Sprintf("%s-%d", want[:min(len(want), 26)], n)
		}
		var one int
		err := t.row(ctx, "SELECT 1 FROM users WHERE handle = $1", h).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			return h, nil
		}
		if err != nil {
			return "", err
		}
	}
}

// CheckSignIn tells whether a session of this user with the key of this
// fingerprint may go on: CodeDenied for a removed key or a suspended account,
// CodeNotFound for one that was deleted. It is for the server, which asks about
// its open connections when TopicSignIn signals.
func (s *Store) CheckSignIn(ctx context.Context, userID, fingerprint string) error {
	t := &tx{s: s, now: s.latest(), actor: models.Actor{UserID: userID, Via: models.ViaSSH, Key: fingerprint}}
	return s.inTx(ctx, s.db.View, t, func() error { return t.identify(ctx) })
}

// UserByRef finds a user by address, id or handle. It is for whoever can open
// the database file: the local --as.
func (s *Store) UserByRef(ctx context.Context, ref string) (u models.User, err error) {
	t := &tx{s: s, now: s.now()}
	err = s.inTx(ctx, s.db.View, t, func() error {
		u, err = t.userByRef(ctx, ref)
		if errors.Is(err, sql.ErrNoRows) {
			return models.Errorf(models.CodeNotFound, "there is no user %s", models.SafeText(ref)).
				WithHint("name a user by address, handle or id")
		}
		return err
	})
	return u, err
}

// FirstAdmin is the site admin who has been here longest: the user of a local
// shell that names nobody else. It is for whoever can open the database file.
func (s *Store) FirstAdmin(ctx context.Context) (models.User, error) {
	u, err := scanUser()(s.db.Row(ctx, "SELECT "+userColumns+
		" FROM users WHERE site_admin = 1 AND status = 'active' ORDER BY created_at, id LIMIT 1"))
	if errors.Is(err, sql.ErrNoRows) {
		return u, models.Errorf(models.CodeNotFound, "this installation has no site admin").
			WithHint("create the first user with: {installation.init --name NAME --email ADDRESS}")
	}
	return u, s.dataError(err)
}

// Me is the actor's own account. A suspended one is CodeDenied.
func (s *Store) Me(ctx context.Context, a models.Actor) (me Me, err error) {
	if a.APIKey != "" {
		return s.keyMe(ctx, a)
	}
	err = s.view(ctx, a, event{}, func(t *tx) error {
		me.User = t.user
		var why, err error
		if me.CreatePlans, why, err = t.plansToCreate(ctx); err != nil {
			return err
		}
		if why != nil {
			refused := models.AsError(why)
			me.NoCreate = refused.Message + " · " + refused.Hint
		}
		if me.Notices, err = t.notices(ctx); err != nil {
			return err
		}
		var bindings string
		err = t.row(ctx, `SELECT coalesce((SELECT o.id FROM organizations o JOIN memberships m ON m.org_id = o.id AND m.user_id = u.id AND m.status = 'active'
				WHERE o.id = u.current_org AND o.deleted_at = 0 AND `+inForce("m", 2)+`),
				(SELECT o.id FROM organizations o WHERE o.id = u.current_org AND o.deleted_at = 0 AND u.site_admin = 1),
				(SELECT o.id FROM organizations o JOIN memberships m ON m.org_id = o.id WHERE m.user_id = u.id AND o.kind = 'personal')),
			(SELECT count(*) FROM user_keys k WHERE k.user_id = u.id), u.theme, u.mouse, u.notifications, u.bindings
			FROM users u WHERE u.id = $1`, t.user.ID, micros(t.now)).
			Scan(&me.CurrentOrg, &me.Keys, &me.Preferences.Theme, &me.Preferences.Mouse, &me.Preferences.Notifications, &bindings)
		me.Bindings = bindingsOf(bindings)
		return err
	})
	return me, err
}

// SetPreference changes one of the actor's own preferences; value "" makes it as
// the installation says. A name or value that there is not is CodeInvalid.
func (s *Store) SetPreference(ctx context.Context, a models.Actor, name, value string) (p models.Preferences, err error) {
	err = s.change(ctx, a, event{action: "user.prefer"}, func(t *tx) error {
		did := t.found("user", t.user.ID, t.user.Email)
		if err := t.row(ctx, "SELECT theme, mouse, notifications FROM users WHERE id = $1", t.user.ID).Scan(&p.Theme, &p.Mouse, &p.Notifications); err != nil {
			return err
		}
		before := p.Get(name)
		if p, err = p.With(name, value); err != nil {
			return err
		}
		if value == before {
			return nil
		}
		if _, err := t.exec(ctx, "UPDATE users SET theme = $2, mouse = $3, notifications = $4 WHERE id = $1", t.user.ID, p.Theme, p.Mouse, p.Notifications); err != nil {
			return err
		}
		return t.log(ctx, ownEntry(did, fields{name: before}, fields{name: value}))
	})
	return p, err
}

// UpdateMe changes the actor's own display name.
func (s *Store) UpdateMe(ctx context.Context, a models.Actor, name string) (u models.User, err error) {
	err = s.change(ctx, a, event{action: "user.update"}, func(t *tx) error {
		did := t.found("user", t.user.ID, t.user.Email)
		u = t.user
		if u.Name, err = models.CheckName("name", name); err != nil {
			return err
		}
		if err = t.saveIdentity(ctx, u); err != nil {
			return err
		}
		return t.log(ctx, ownEntry(did, fields{"name": t.user.Name}, fields{"name": u.Name}))
	})
	return u, err
}

// saveIdentity writes a user's name and address, and repeats them in all their
// memberships.
func (t *tx) saveIdentity(ctx context.Context, u models.User) error {
	email, name, text := models.NormEmail(u.Email), models.NormName(u.Name), memberSearchText(u)
	num, err := t.moveTo(ctx, userNumbers(), "", u.ID, email)
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, "UPDATE users SET "+t.db.SetNumber("$8")+", email = $1, email_norm = $2, email_verified = $3, name = $4, name_norm = $5, text = $6, email_key = $9, email_lost = $10 WHERE id = $7",
		u.Email, email, bit(u.EmailVerified), u.Name, name, text, u.ID, num, emailKey(&u), u.EmailLost); err != nil {
		return err
	}
	if err := t.db.Text().Put(ctx, t.db, db.UserText, num, text); err != nil {
		return err
	}
	orgs, err := collect(ctx, t, scanString, "SELECT org_id FROM memberships WHERE user_id = $1", u.ID)
	if err != nil {
		return err
	}
	for _, org := range orgs {
		if err := t.saveMember(ctx, org, u, email, name, text); err != nil {
			return err
		}
		t.signal(org)
	}
	t.signal(u.ID, TopicInstallation)
	return nil
}

// saveMember repeats a user in one membership.
func (t *tx) saveMember(ctx context.Context, orgID string, u models.User, email, name, text string) error {
	num, err := t.moveTo(ctx, memberNumbers(), orgID, u.ID, email)
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, "UPDATE memberships SET "+t.db.SetNumber("$1")+", email = $2, email_norm = $3, name = $4, name_norm = $5, text = $6, email_verified = $9 WHERE org_id = $7 AND user_id = $8",
		num, u.Email, email, u.Name, name, text, orgID, u.ID, bit(u.EmailVerified)); err != nil {
		return err
	}
	return t.db.Text().Put(ctx, t.db, db.MemberText, num, text)
}

func encodeWire(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
