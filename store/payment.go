package store

import (
	"context"

	"muster/models"
)

// The payment methods of an organization, for its owners. The default one is in the
// settings billing.payment_method and billing.payment_reference, the others in a table.
// The log says that they changed, and never what they are.

// PaymentMethods lists them, the default one first.
func (s *Store) PaymentMethods(ctx context.Context, a models.Actor, orgID string) (list []models.PaymentMethod, err error) {
	err = s.view(ctx, a, event{"payment.list", "organization", orgID, ""}, func(t *tx) error {
		_, all, err := t.paymentMethods(ctx, orgID)
		list = all
		return err
	})
	return list, err
}

// paymentMethods finds an organization whose billing the actor may see and change,
// with its payment methods.
func (t *tx) paymentMethods(ctx context.Context, orgID string) (*org, models.PaymentMethods, error) {
	o, err := t.org(ctx, orgID)
	if err != nil {
		return nil, nil, err
	}
	if err := t.notPrivate(o); err != nil {
		return nil, nil, err
	}
	if err := t.require(o, models.PermBilling); err != nil {
		return nil, nil, err
	}
	values, err := t.settingValues(ctx, o.ID)
	if err != nil {
		return nil, nil, err
	}
	all := models.PaymentMethods{}
	if label := values[models.SetPayment]; label != "" {
		all = append(all, models.PaymentMethod{Label: label, Reference: values[models.SetPaymentRef], Default: true})
	}
	others, err := collect(ctx, t, func(r scanner) (m models.PaymentMethod, err error) {
		return m, r.Scan(&m.Label, &m.Reference)
	}, "SELECT label, reference FROM payment_methods WHERE org_id = $1 ORDER BY label_norm", o.ID)
	return o, append(all, others...), err
}

// AddPaymentMethod adds one. The first one is the default.
func (s *Store) AddPaymentMethod(ctx context.Context, a models.Actor, orgID string, m models.PaymentMethod) (added models.PaymentMethod, err error) {
	err = s.changePayment(ctx, a, "payment.add", orgID, func(t *tx, o *org, all models.PaymentMethods) error {
		var err error
		if m, err = all.CheckAdd(m); err != nil {
			return err
		}
		if first := len(all) == 0 || !all[0].Default; first {
			m.Default = true
		}
		added = m
		if !m.Default {
			return t.keepPayment(ctx, o, m)
		}
		return t.makeDefault(ctx, o, all, m)
	})
	return added, err
}

// SetDefaultPaymentMethod makes another one the default, by its label.
func (s *Store) SetDefaultPaymentMethod(ctx context.Context, a models.Actor, orgID, label string) (m models.PaymentMethod, err error) {
	err = s.changePayment(ctx, a, "payment.default", orgID, func(t *tx, o *org, all models.PaymentMethods) error {
		var err error
		if m, err = all.Find(label); err != nil {
			return err
		}
		if m.Default {
			return models.Errorf(models.CodeConflict, "this is the default payment method already")
		}
		if err := t.dropPayment(ctx, o, m); err != nil {
			return err
		}
		m.Default = true
		return t.makeDefault(ctx, o, all, m)
	})
	return m, err
}

// RemovePaymentMethod removes one, by its label. The default one goes last.
func (s *Store) RemovePaymentMethod(ctx context.Context, a models.Actor, orgID, label string) (m models.PaymentMethod, err error) {
	err = s.changePayment(ctx, a, "payment.remove", orgID, func(t *tx, o *org, all models.PaymentMethods) error {
		var err error
		if m, err = all.Find(label); err != nil {
			return err
		}
		if err := all.CheckRemove(m); err != nil {
			return err
		}
		if m.Default {
			return t.storePayment(ctx, o, models.PaymentMethod{})
		}
		return t.dropPayment(ctx, o, m)
	})
	return m, err
}

func (s *Store) changePayment(ctx context.Context, a models.Actor, action, orgID string, fn func(t *tx, o *org, all models.PaymentMethods) error) error {
	return s.change(ctx, a, event{action, "organization", orgID, ""}, func(t *tx) error {
		o, before, err := t.paymentMethods(ctx, orgID)
		if err != nil {
			return err
		}
		did := t.found("organization", o.ID, o.Code)
		if err := fn(t, o, before); err != nil {
			return err
		}
		_, after, err := t.paymentMethods(ctx, o.ID)
		if err != nil {
			return err
		}
		return t.log(ctx, o.entry(did, fields{"payment_methods": len(before)}, fields{"payment_methods": len(after)}))
	})
}

// checkDefaultPayment is for the setting: it names no method that stands beside it, and
// is not emptied while there are others.
func checkDefaultPayment(ctx context.Context, t *tx, o *org, label string) (string, error) {
	var others, same int
	err := t.row(ctx, "SELECT count(*), coalesce(sum(CASE WHEN label_norm = $2 THEN 1 ELSE 0 END), 0) FROM payment_methods WHERE org_id = $1",
		o.ID, models.NormText(label)).Scan(&others, &same)
	switch {
	case err != nil:
		return "", err
	case same > 0:
		return "", models.Errorf(models.CodeConflict, "there is a payment method with this label already").WithHint("make it the default: {payment.default LABEL}")
	case label == "" && others > 0:
		return "", models.Errorf(models.CodeConflict, "there are other payment methods").WithHint("make one of them the default first: {payment.default LABEL}")
	}
	return label, nil
}

// makeDefault puts one into the settings, and the one that was there beside it.
func (t *tx) makeDefault(ctx context.Context, o *org, all models.PaymentMethods, m models.PaymentMethod) error {
	if len(all) > 0 && all[0].Default {
		if err := t.keepPayment(ctx, o, all[0]); err != nil {
			return err
		}
	}
	return t.storePayment(ctx, o, m)
}

func (t *tx) storePayment(ctx context.Context, o *org, m models.PaymentMethod) error {
	if err := t.storeSetting(ctx, o, models.SetPayment, m.Label); err != nil {
		return err
	}
	return t.storeSetting(ctx, o, models.SetPaymentRef, m.Reference)
}

func (t *tx) keepPayment(ctx context.Context, o *org, m models.PaymentMethod) error {
	_, err := t.exec(ctx, "INSERT INTO payment_methods (org_id, label_norm, label, reference) VALUES ($1, $2, $3, $4)",
		o.ID, models.NormText(m.Label), m.Label, m.Reference)
	return err
}

func (t *tx) dropPayment(ctx context.Context, o *org, m models.PaymentMethod) error {
	_, err := t.exec(ctx, "DELETE FROM payment_methods WHERE org_id = $1 AND label_norm = $2", o.ID, models.NormText(m.Label))
	return err
}
