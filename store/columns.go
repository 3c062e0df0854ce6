package store

import (
	"fmt"
	"time"

	"muster/models"
	"muster/store/internal/db"
)

// How columns become values of the domain, and back. A NULL, of a row that a join
// has not found, becomes the zero value.

// atTime scans microseconds.
type atTime time.Time

func (d *atTime) Scan(src any) error {
	n, err := integer(src)
	*d = atTime(fromMicros(n))
	return err
}

// ifTime scans microseconds where 0 stands for none.
type ifTime struct{ t **time.Time }

func (d ifTime) Scan(src any) error {
	n, err := integer(src)
	*d.t = timeOrNil(n)
	return err
}

// isTrue scans 0 or 1.
type isTrue bool

func (d *isTrue) Scan(src any) error {
	n, err := integer(src)
	*d = n != 0
	return err
}

// aRole scans a role of an organization.
type aRole models.Role

func (d *aRole) Scan(src any) error {
	n, err := integer(src)
	if err == nil {
		*d = aRole(roleOf(n))
	}
	return err
}

// anyRole scans a role that is a built-in one so far.
type anyRole struct{ role *models.AnyRole }

func (d anyRole) Scan(src any) error {
	n, err := integer(src)
	if err == nil {
		*d.role = roleOf(n)
	}
	return err
}

// atState scans the state of an invitation.
type atState models.InvitationState

func (d *atState) Scan(src any) error {
	n, err := integer(src)
	if err == nil {
		*d = atState(stateOf(n))
	}
	return err
}

// atDuration scans microseconds of a span.
type atDuration time.Duration

func (d *atDuration) Scan(src any) error {
	n, err := integer(src)
	*d = atDuration(time.Duration(n) * time.Microsecond)
	return err
}

// ifText scans a text that may be NULL.
type ifText string

func (d *ifText) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = ""
	case string:
		*d = ifText(v)
	case []byte:
		*d = ifText(v)
	default:
		return fmt.Errorf("%T in a column of text", src)
	}
	return nil
}

// ifNumber scans a number that may be NULL.
type ifNumber int64

func (d *ifNumber) Scan(src any) error {
	n, err := integer(src)
	*d = ifNumber(n)
	return err
}

func integer(src any) (int64, error) {
	switch v := src.(type) {
	case nil:
		return 0, nil
	case int64:
		return v, nil
	}
	return 0, fmt.Errorf("%T in a column of integers", src)
}

// What columns are made from: the name, and where the value is in a row.

func text[T any, S ~string](name string, of func(*T) *S) db.Column[T] {
	return db.Column[T]{Name: name, Dest: func(v *T) any { return of(v) }, Value: func(v *T) any { return string(*of(v)) }}
}

func number[T any, N ~int | ~int64](name string, of func(*T) *N) db.Column[T] {
	return db.Column[T]{Name: name, Dest: func(v *T) any { return of(v) }, Value: func(v *T) any { return int64(*of(v)) }}
}

func flag[T any](name string, of func(*T) *bool) db.Column[T] {
	return db.Column[T]{Name: name, Dest: func(v *T) any { return (*isTrue)(of(v)) }, Value: func(v *T) any { return bit(*of(v)) }}
}

func at[T any](name string, of func(*T) *time.Time) db.Column[T] {
	return db.Column[T]{Name: name, Dest: func(v *T) any { return (*atTime)(of(v)) }, Value: func(v *T) any { return micros(*of(v)) }}
}

// ifAt is a time that may be none, 0 in the column.
func ifAt[T any](name string, of func(*T) **time.Time) db.Column[T] {
	return db.Column[T]{Name: name, Dest: func(v *T) any { return ifTime{of(v)} }, Value: func(v *T) any { return microsOf(*of(v)) }}
}

// role is a role of an organization, by its order from owner to viewer.
func role[T any](name string, of func(*T) *models.Role) db.Column[T] {
	return db.Column[T]{Name: name, Dest: func(v *T) any { return (*aRole)(of(v)) }, Value: func(v *T) any { return roleOrder(*of(v)) }}
}

// joinedText is a text of a joined row, which may not be there, for reading alone.
func joinedText[T any](name string, of func(*T) *string) db.Column[T] {
	return db.Column[T]{Name: name, Dest: func(v *T) any { return (*ifText)(of(v)) }}
}

// joinedNumber is joinedText for a number.
func joinedNumber[T any](name string, of func(*T) *int64) db.Column[T] {
	return db.Column[T]{Name: name, Dest: func(v *T) any { return (*ifNumber)(of(v)) }}
}

// written is a column that is not read.
func written[T any](name string, value func(*T) any) db.Column[T] {
	return db.Column[T]{Name: name, Value: value}
}

// scanFunc reads a row. One that works out where columns go is made for a query,
// and reads its rows one after the other.
type scanFunc[T any] func(scanner) (T, error)

// scanInto has each row written to dest, and value tell what is there then.
func scanInto[T any](dest []any, value func() T) scanFunc[T] {
	return func(r scanner) (v T, err error) {
		if err = r.Scan(dest...); err == nil {
			v = value()
		}
		return v, err
	}
}

// scanTable reads the columns of a table.
func scanTable[T any](c db.Columns[T]) scanFunc[T] {
	row := new(T)
	return scanInto(c.Dest(row), func() T { return *row })
}

// numbered has an INSERT write the number of a row as well.
func numbered[T any](c db.Columns[T], num int64) db.Columns[T] {
	return c.With(db.Column[T]{Name: "num", Number: true, Value: func(*T) any { return num }})
}
