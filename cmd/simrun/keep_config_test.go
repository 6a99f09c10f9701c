package main

import (
	"reflect"
	"strings"
	"testing"
)

// Whatever differs between two configurations is named, with both values: what is not
// would leave somebody with "is another one", and no reason.
func TestDifferencesNameEachField(t *testing.T) {
	there := campaignConfig{Version: "v1", Target: "journal", First: 1, Seeds: 130, Shard: 1, Shards: 1}
	if got := differences(there, there); got != "" {
		t.Errorf("of one and the same: %s", got)
	}
	of := reflect.TypeFor[campaignConfig]()
	for i := range of.NumField() {
		here := there
		switch f := reflect.ValueOf(&here).Elem().Field(i); f.Kind() {
		case reflect.String:
			f.SetString("another")
		case reflect.Uint64:
			f.SetUint(131)
		case reflect.Bool:
			f.SetBool(true)
		default:
			t.Fatalf("this test has no other value for %s", of.Field(i).Name)
		}
		key := of.Field(i).Tag.Get("json")
		if got := differences(there, here); key == "" || !strings.HasPrefix(got, key+" is ") || !strings.Contains(got, " there, and ") {
			t.Errorf("%s: got %q", of.Field(i).Name, got)
		}
	}
	here := there
	here.Seeds = 131
	if got, want := differences(there, here), "seeds is 130 there, and 131 here"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
