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
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"muster/internal/clock"
	"muster/internal/id"
	"muster/internal/secret"
	"muster/models"
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

	writer      *sql.DB // one connection; every transaction is immediate
	reader      *sql.DB
	feed        *feed
	seen        *seenLog
	checkpoints checkpoints

	closing sync.Once
}

// readers is how many queries run at once in one process; one more connection
// belongs to the change feed while anybody listens.
const readers = 4 + 1

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
	if o.Create {
		if err := create(ctx, o.Dir, s.path); err != nil {
			return nil, err
		}
	}
	if err := checkFile(s.path); err != nil {
		return nil, err
	}
	if err := s.open(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) (err error) {
	if err = inspect(ctx, s.path); err != nil {
		return err
	}
	if s.reader, err = openPool(s.path, read, readers); err != nil {
		return err
	}
	if s.writer, err = openPool(s.path, write, 1); err != nil {
		return err
	}
	if err = migrate(ctx, s.writer); err != nil {
		return openError(s.path, err)
	}
	if s.secret, err = secret.LoadOrCreate(filepath.Join(s.opt.Dir, SecretFile), s.rand); err != nil {
		return err
	}
	s.feed = newFeed(s)
	s.seen = newSeenLog(s)
	return nil
}

// create makes a database beside its place and puts it there whole, so that a
// crash leaves either none or a good one.
func create(ctx context.Context, dir, path string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return models.Errorf(models.CodeInternal, "cannot make the data directory: %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return nil
	}
	// SQLite would take a log that was left behind for the new database's own.
	if _, err := os.Stat(path + "-wal"); err == nil {
		return models.Errorf(models.CodeInternal, "there is a log %s-wal without its database", path).
			WithHint("put the database back beside it, or move the log away")
	}
	f, err := os.CreateTemp(dir, ".new-*.db") // mode 0600, which SQLite gives its other files too
	if err != nil {
		return models.Errorf(models.CodeInternal, "cannot write into the data directory: %v", err)
	}
	temp := f.Name()
	defer func() {
		for _, end := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(temp + end)
		}
	}()
	if err := f.Close(); err != nil {
		return err
	}
	db, err := openPool(temp, write, 1)
	if err != nil {
		return err
	}
	if err = migrate(ctx, db); err != nil {
		return errors.Join(dataError(err), db.Close())
	}
	if err = db.Close(); err != nil {
		return dataError(err)
	}
	// A link fails where a rename would replace what another process made.
	if err := os.Link(temp, path); err != nil && !errors.Is(err, os.ErrExist) {
		return models.Errorf(models.CodeInternal, "cannot put the database in its place: %v", err)
	}
	return syncDir(dir)
}

// syncDir makes the names of new files as durable as their content.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" { // cannot sync a directory
		return nil
	}
	d, err := os.Open(dir)
	if err == nil {
		err = errors.Join(d.Sync(), d.Close())
	}
	if err != nil {
		return models.Errorf(models.CodeInternal, "cannot write into the directory: %v", err)
	}
	return nil
}

// Close ends the store's work in the background, writes what is still to be
// written behind, and closes the database. Calls after the first do nothing.
func (s *Store) Close() error {
	var err error
	s.closing.Do(func() {
		if s.seen != nil {
			s.seen.close()
		}
		if s.feed != nil {
			s.feed.close()
		}
		s.checkpoints.close()
		for _, db := range []*sql.DB{s.reader, s.writer} {
			if db != nil {
				err = errors.Join(err, db.Close())
			}
		}
	})
	return err
}
