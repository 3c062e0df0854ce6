package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"muster/internal/rate"
	"muster/models"
)

// keyring holds the API keys that were used lately, so that a verification reads
// no database. An entry never gets old by itself: the change feed says that
// something about its organization or its owner has changed, and what was read
// before that counts for nothing. A change of this process has been signalled
// when it returns, one of another process within the feed's delay.
type keyring struct {
	s     *Store
	since time.Time

	mu   sync.Mutex
	orgs map[string]*ringOrg
	keys map[string]*ringKey
}

// ringOrg is what the keys of an organization share.
type ringOrg struct {
	sub    *Subscription
	topics map[string]bool
	gen    uint64      // counts the signals
	used   rate.Bucket // of the organization's rate
}

// ringKey is a key as it was read.
type ringKey struct {
	*keyAccess
	ring    *ringOrg
	gen     uint64
	parts   []models.KeyPlace
	verdict models.KeyVerdict // of a valid key, without what differs each time
	used    *rate.Bucket      // of the key's own rate
	orgRate int
	credits int
}

// maxRing is how many keys are held. Beyond it the ring starts anew.
const maxRing = 100_000

func newKeyring(s *Store) *keyring {
	return &keyring{s: s, since: s.now(), orgs: map[string]*ringOrg{}, keys: map[string]*ringKey{}}
}

// current takes up what the feed has said, and tells whether what was read under
// a number is still as it is. The lock is held.
func (o *ringOrg) current(gen uint64) bool {
	select {
	case <-o.sub.C:
		o.gen++
	default:
	}
	return o.gen == gen
}

// find gives a key by its id, from memory where nothing has changed since it was
// read.
func (r *keyring) find(ctx context.Context, id string) (*ringKey, error) {
	r.mu.Lock()
	k := r.keys[id]
	if k != nil && k.ring.current(k.gen) {
		r.mu.Unlock()
		return k, nil
	}
	r.mu.Unlock()
	return r.load(ctx, id, k)
}

// ringTime is how long a key may take to be read. Whoever asks for one that is held
// sets no time, which would cost more than the answer.
const ringTime = 30 * time.Second

func (r *keyring) load(ctx context.Context, id string, old *ringKey) (*ringKey, error) {
	ctx, cancel := context.WithTimeout(ctx, ringTime)
	defer cancel()
	var orgID, ownerID string
	err := r.s.db.Row(ctx, "SELECT org_id, owner_id FROM api_keys WHERE id = $1", id).Scan(&orgID, &ownerID)
	if errors.Is(err, sql.ErrNoRows) {
		r.forget(id)
		return nil, noAPIKey()
	}
	if err != nil {
		return nil, r.s.dataError(err)
	}
	// Listening begins before reading, so that no change falls between the two.
	ring, gen := r.listen(orgID, ownerID)
	k := &ringKey{ring: ring, gen: gen}
	err = r.s.viewAnyone(ctx, systemActor, event{}, func(t *tx) error {
		var err error
		if k.keyAccess, err = t.keyAccess(ctx, id); err != nil {
			return err
		}
		k.orgRate, k.credits = models.RateOf(k.org.plan, k.terms.API), models.CreditsOf(k.org.plan, k.values)
		k.parts, err = t.keyParts(ctx, k.keyAccess)
		return err
	})
	if err != nil {
		r.forget(id)
		return nil, err
	}
	k.verdict = k.answer()
	k.used = new(rate.Bucket)
	if old != nil {
		k.used = old.used
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.keys) >= maxRing {
		clear(r.keys)
	}
	k.values = nil
	r.keys[id] = k
	return k, nil
}

// knows tells whether a key is held that has this secret, however it stands by now.
func (r *keyring) knows(secret string) bool {
	_, id, ok := models.ParseAPIKey(secret)
	if !ok {
		return false
	}
	r.mu.Lock()
	k := r.keys[id]
	r.mu.Unlock()
	return k != nil && models.SameAPIKey(secret, k.hash)
}

func (r *keyring) forget(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.keys, id)
}

// listen subscribes to what says that keys of an organization, and of one of its
// people, may not be as they were.
func (r *keyring) listen(orgID, ownerID string) (*ringOrg, uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := r.orgs[orgID]
	if o == nil {
		topics := []string{orgID, TopicSignIn}
		o = &ringOrg{sub: r.s.Subscribe(topics...), topics: map[string]bool{orgID: true, TopicSignIn: true}}
		r.orgs[orgID] = o
	}
	if ownerID != "" && !o.topics[ownerID] {
		o.topics[ownerID] = true
		all := make([]string, 0, len(o.topics))
		for t := range o.topics {
			all = append(all, t)
		}
		o.sub.SetTopics(all...)
	}
	o.current(o.gen)
	return o, o.gen
}

// quota is a rate with what was used of it; the rate of nothing is no limit.
type quota struct {
	used *rate.Bucket
	rate rate.Rate
}

// perMinute is a quota of so many a minute, 0 for no limit. A burst may use a whole
// minute at once.
func perMinute(used *rate.Bucket, n int) quota {
	if n == 0 {
		return quota{}
	}
	return quota{used, rate.Per(n, time.Minute)}
}

// quotas are the limits of the organization and of the key.
func (k *ringKey) quotas() [2]quota {
	return [2]quota{perMinute(&k.ring.used, k.orgRate), perMinute(k.used, k.Rate)}
}

// keyParts are the workspaces that a key has a part of, by name.
func (t *tx) keyParts(ctx context.Context, k *keyAccess) ([]models.KeyPlace, error) {
	t.key, t.user.ID = k, k.subjectID()
	defer func() { t.key, t.user.ID = nil, "" }()
	return t.partsOf(ctx, k.org)
}

// partsOf are the workspaces of an organization that the actor has a part of.
func (t *tx) partsOf(ctx context.Context, o *org) ([]models.KeyPlace, error) {
	scan := scanWorkspace()
	all, err := collect(ctx, t, func(r scanner) (workspace, error) { return scan(r) }, "SELECT "+workspaceColumns+` FROM workspaces w
		LEFT JOIN `+t.workspaceParts()+` x ON x.org_id = w.org_id AND x.workspace_id = w.id AND x.user_id = $2`+workspaceRoleJoins+`
		WHERE w.org_id = $1 ORDER BY w.name_norm LIMIT 100`, o.ID, t.user.ID)
	if err != nil {
		return nil, err
	}
	parts := []models.KeyPlace{}
	for _, w := range all {
		if w.access.Org = o.access; !w.access.Can(models.PermWorkspaceView) || !t.inKeyWorkspace(w.ID) {
			continue
		}
		role, _ := w.access.Effective()
		parts = append(parts, models.KeyPlace{ID: w.ID, Name: w.Name, Role: string(role)})
	}
	return parts, nil
}
