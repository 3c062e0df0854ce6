package models

import "context"

// MaxIdempotencyKey is how long the key of a request may be that is to be done
// once.
const MaxIdempotencyKey = 64

// Request is what a request over HTTP asks of the change that it makes.
type Request struct {
	// Unchanged, if set, is asked once nobody else can change anything any more and
	// before the change does. Its error refuses the change. It may read, and only
	// with the context that it is given.
	Unchanged func(ctx context.Context) error
	// Once, if set, has the change made only if no other of the same key was.
	Once *Once
	done bool
}

// Committed notes that a change of the request was made: what it asks has been
// asked.
func (r *Request) Committed() {
	if r != nil {
		r.done = true
	}
}

// Done tells whether a change of the request was made.
func (r *Request) Done() bool { return r == nil || r.done }

// Once makes a change that is asked for twice happen once.
type Once struct {
	Key       string // chosen by the client, of the actor's own
	Operation string
	Hash      string // of all that was asked for
}

// AskedBefore is the error of a change that was made before under the same key.
// The answer is empty where it was not kept: then nobody knows what it was.
type AskedBefore struct{ Answer []byte }

func (AskedBefore) Error() string { return "the change was made before" }

// CheckIdempotencyKey refuses a key that nobody would send by intention.
func CheckIdempotencyKey(key string) error {
	if key == "" || len(key) > MaxIdempotencyKey {
		return Invalid("Idempotency-Key", "Idempotency-Key must have from 1 to %d characters", MaxIdempotencyKey)
	}
	for _, r := range key {
		if r <= ' ' || r > '~' {
			return Invalid("Idempotency-Key", "Idempotency-Key must have printable ASCII characters only, without blanks")
		}
	}
	return nil
}
