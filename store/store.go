// Package store is the only door to muster's data.
//
// It authorizes: every method that acts for somebody takes a models.Actor,
// reads that actor's rights in the same transaction, asks the rule in models,
// writes the change and its audit entry, and commits them together. There is
// no way round it. Methods without an actor say who may call them.
//
// Every error is a *models.Error or an unexpected fault, which
// models.AsError turns into one.
package store

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"muster/internal/clock"
	"muster/internal/id"
	"muster/internal/secret"
	"muster/models"
	"muster/store/internal/db"
	"muster/store/internal/db/postgres"
	"muster/store/internal/db/sqlite"
)

// The files of a data directory.
const (
	DatabaseFile = "muster.db"
	SecretFile   = "secret"
)

// Who may create organizations, an installation setting.
const (
	CreateAnyone     = "anyone"
	CreatePlan       = "plan" // users in an organization whose plan has FeatureOrgSettings
	CreateSiteAdmins = "site_admins"
)

// Options say where the data is and what the store borrows from outside.
type Options struct {
	Dir    string           // the data directory
	DSN    string           // of a PostgreSQL database, postgres://…; "" for the file in Dir
	Create bool             // make directory and database where there are none; for init and the first run only
	Now    func() time.Time // nil for the machine's clock
	Rand   io.Reader        // nil for crypto/rand
	Log    *slog.Logger     // nil for none
	Plans  models.Plans     // nil for models.DefaultPlans

	Limits *models.InviteLimits // nil for models.DefaultInviteLimits

	WhoMayCreate     string // CreateAnyone ("" too), CreatePlan or CreateSiteAdmins
	SignUp           bool   // whether SignUp is open
	SelfServicePlans bool   // whether owners change the plan themselves
	BillingRequired  bool   // whether a shared organization needs a payment method before it invites

	OrganizationsPerUser int // how many shared organizations a user may be in; 0 for any number

	// WebhookNetworks are networks that webhooks may be in although they are private.
	WebhookNetworks []netip.Prefix

	// Broken, if set, is called once when the disk fails under a change. From then
	// on the store takes none: what it would build on may not be what is stored.
	// Reading goes on.
	Broken func(error)
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	opt    Options
	path   string
	now    func() time.Time
	rand   io.Reader
	ids    *id.Generator
	log    *slog.Logger
	plans  models.Plans
	limits models.InviteLimits
	secret []byte

	db    *db.DB
	feed  *feed
	seen  *seenLog
	reads readLog
	usage *usageLog
	ring  *keyring
	time  timekeeper

	broken  atomic.Bool // Options.Broken was called
	closing sync.Once
}

// Open opens the database of a data directory and brings its schema up to
// date. Without Create, a missing one is CodeNotFound; a file that is empty,
// cut short, foreign, or from a newer muster is refused and left as it is.
func Open(ctx context.Context, o Options) (*Store, error) {
	s := &Store{opt: o, path: filepath.Join(o.Dir, DatabaseFile), now: o.Now, rand: o.Rand, log: o.Log, plans: o.Plans}
	if s.now == nil {
		s.now = clock.System
	}
	if s.rand == nil {
		s.rand = rand.Reader
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.plans == nil {
		s.plans = models.DefaultPlans()
	}
	for _, name := range []string{models.PlanExplore, models.PlanTeam} {
		if _, ok := s.plans[name]; !ok {
			return nil, models.Invalid("plans", "the plans lack %q, which every installation needs", name)
		}
	}
	s.limits = models.DefaultInviteLimits()
	if o.Limits != nil {
		s.limits = *o.Limits
	}
	s.ids = id.NewGenerator(s.now, s.rand)

	if err := checkDir(o.Dir); err != nil {
		return nil, err
	}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// checkDir refuses a data directory that others can write to: they could put a
// database, a secret or a host key of theirs in the place of the real one. One
// that is not there is for the engine to tell.
func checkDir(dir string) error {
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm()&0o022 == 0 || runtime.GOOS == "windows" {
		return nil
	}
	return models.Errorf(models.CodeInternal, "others can write to the data directory %s (mode %04o)", dir, info.Mode().Perm()).
		WithHint("run: chmod 700 %s", dir)
}

func (s *Store) open(ctx context.Context) (err error) {
	if s.opt.DSN != "" {
		return s.openServer(ctx)
	}
	if s.db, err = sqlite.Open(ctx, sqlite.Options{Path: s.path, Create: s.opt.Create, Steps: steps, Log: s.log}); err != nil {
		return sayFault(sqlite.Fault(err), err)
	}
	return s.start(ctx)
}

// openServer opens a database that a server keeps.
func (s *Store) openServer(ctx context.Context) (err error) {
	if s.opt.Create {
		if err := os.MkdirAll(s.opt.Dir, 0o700); err != nil {
			return models.Errorf(models.CodeInternal, "cannot create the data directory: %v", err)
		}
	}
	if s.db, err = postgres.Open(ctx, postgres.Options{DSN: s.opt.DSN, Steps: steps}); err != nil {
		return sayFault(postgres.Fault(err), err)
	}
	return s.start(ctx)
}

// start readies what works on the open database.
func (s *Store) start(ctx context.Context) (err error) {
	if err := s.loadTime(ctx); err != nil {
		return err
	}
	if s.secret, err = secret.LoadOrCreate(filepath.Join(s.opt.Dir, SecretFile), s.rand); err != nil {
		return err
	}
	s.feed = newFeed(s)
	s.seen = newSeenLog(s)
	s.usage, s.ring = newUsageLog(s), newKeyring(s)
	return nil
}

// steps are the parts of migrations that only the store knows: how text is
// compared.
var steps = map[string]db.Step{"0002_lifecycle.sql": fillRegistry, "0024_unicode.sql": foldText}

// dataError turns what went wrong below SQL into a word for people. Errors of
// the domain pass unchanged.
func (s *Store) dataError(err error) error {
	if s.db == nil {
		return sayFault(db.NoFault, err)
	}
	return sayFault(s.db.Fault(err), err)
}

// mayChange refuses changes once the disk has failed under one.
func (s *Store) mayChange() error {
	if !s.broken.Load() {
		return nil
	}
	return models.Errorf(models.CodeInternal, "no more changes are accepted, because the disk failed").
		WithHint("nothing was changed; check the disk, then restart the server")
}

// changed looks at how a change ended: where the disk failed, there are no more.
func (s *Store) changed(err error) {
	if err != nil && s.opt.Broken != nil && s.db.Fault(err) == db.Broken && s.broken.CompareAndSwap(false, true) {
		s.opt.Broken(err)
	}
}

func sayFault(fault db.Fault, err error) error {
	var known *models.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	say := func(code models.Code, hint, message string) error {
		return &models.Error{Code: code, Message: message, Hint: hint, Err: err}
	}
	switch fault {
	case db.Full:
		return say(models.CodeInternal, "nothing was changed; free some space and try again", "the disk is full")
	case db.Broken, db.Closed:
		return say(models.CodeInternal, "nothing was changed; check the disk and the data directory", "the database cannot be read or written")
	case db.ReadOnly:
		return say(models.CodeInternal, "nothing was changed; check who owns the data directory", "the database cannot be written")
	case db.Medium:
		return say(models.CodeInternal, "nothing was changed; reading works", "the data is on a read-only medium")
	case db.Busy:
		return say(models.CodeConflict, "nothing was changed; try again", "another process holds the database")
	case db.Damaged:
		return say(models.CodeInternal, "stop muster and restore a backup with: {installation.restore FILE}", "the database is damaged")
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return models.AsError(say(models.CodeLimit, "nothing was changed; try again", "it took too long")).After(time.Second)
	}
	return err
}

// Close ends the store's work in the background, writes what is still to be
// written behind, and closes the database. Calls after the first do nothing.
func (s *Store) Close() error {
	var err error
	s.closing.Do(func() {
		if s.seen != nil {
			s.seen.close()
			s.usage.close()
		}
		if s.feed != nil {
			s.feed.close()
		}
		if s.db != nil && s.seen != nil {
			s.closeTime()
		}
		if s.db != nil {
			err = s.db.Close()
		}
	})
	return err
}
