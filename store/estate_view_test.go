package store_test

import "muster/models"

// viewMethods are the rows of views in the tables of rights and foreign ids.
var viewMethods = []method{
	{"Views", "++++ N+Dd D", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error { return second(w.s.Views(w.ctx, a, f.org)) }},
	{"SaveView", "++++ n+dd D", 1, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.SaveView(w.ctx, a, f.org, models.View{List: "members", Name: "late"}))
	}},
	{"RenameView", "++++ n+dd D", 2, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		if _, err := w.s.SaveView(w.ctx, a, f.org, models.View{List: "members", Name: "late"}); err != nil {
			return err
		}
		return second(w.s.RenameView(w.ctx, a, f.org, "members", "late", "later"))
	}},
	{"DeleteView", "++++ n+dd D", 2, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		if _, err := w.s.SaveView(w.ctx, a, f.org, models.View{List: "members", Name: "late"}); err != nil {
			return err
		}
		return second(w.s.DeleteView(w.ctx, a, f.org, "members", "late"))
	}},
}
