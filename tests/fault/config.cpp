// What a broken configuration is told: the exact message of each kind of fault, and that none hides another.
#include <doctest/doctest.h>

#include <string>

#include "engine/base/error.hpp"
#include "engine/config/run_config.hpp"

using namespace spillway;

namespace {

const std::string panel = R"([[model]]
name = "spillover"
kind = "spatial_lag_panel"
outcome = "growth"
covariance = { kind = "cluster", by = "lad_code" }
)";
const std::string iv = R"([[model]]
name = "infrastructure"
kind = "iv"
outcome = "decade"
endogenous = ["grants"]
instruments = ["crime"]
covariance = { kind = "cluster", by = "lad_code" }
)";
const std::string bootstrap = "[bootstrap]\ncluster = \"lad_code\"\nreplicates = 99\n";
const std::string scenario = "[[scenario]]\nname = \"fence\"\nlever = \"ukspf_ring_fence\"\n";

/// The whole message; empty: no fault.
std::string message(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    parse_config(text, "run.toml", overrides);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the parts of these tests are valid together") {
  CHECK(message(panel + iv + bootstrap + scenario) == "");
}

TEST_CASE("text that is not TOML names the line") {
  const std::string text = message("[run]\nseed = = 3\n");
  CHECK(text.substr(0, 28) == "run.toml:2: is not TOML: Err");
}

TEST_CASE("what is not TOML says what was meant") {
  const auto said = [](const std::string& line) {
    const std::string text = message("[run]\n" + line + "\n"), head = "run.toml:2: is not TOML: ";
    return text.starts_with(head) ? text.substr(head.size()) : text;
  };
  CHECK(said("name = small") == "texts stand in quotes; write name = \"small\"");
  CHECK(said("memory_gb = 0,5") == "decimals have a point; write memory_gb = 0.5");
  CHECK(said("seed = 20,241") == "numbers have no commas; write seed = 20241");
  CHECK(said("memory_gb = 25 %") == "a share is a number; write memory_gb = 0.25");
  CHECK(said("reproducible = True") == "write reproducible = true");
  CHECK(said("reproducible = yes") == "write reproducible = true");
  CHECK(said("seed =") == "seed has no value");
  CHECK(said("seed: 7") == "a key and its value have = between them, not a colon");
  CHECK(said("seed = 1\nseed = 2").find("the key stands twice; keep one") != std::string::npos);
  CHECK(said("[data").find("the bracket is left open; write [data]") == 0);
  CHECK(message("PK\x03\x04") ==
        "run.toml:1: is not TOML: it is no text file; expected a configuration, as "
        "`spillway init` writes one");
  CHECK(message("[model]\nname = \"a\"\n[[model]]\nname = \"b\"\n").find("write [[model]] for each") !=
        std::string::npos);
}

TEST_CASE("what is given in per cent, or as a year, is guessed") {
  CHECK(message("[outcomes]\nquantiles = [5]\n" + panel).find("did you mean 0.05?") != std::string::npos);
  CHECK(message("[outcomes]\nhorizon = 2035\n" + panel).find("looks like a year") != std::string::npos);
  CHECK(message("[appraisal]\ncapital_share = 60\n" + panel).find("did you mean 0.6?") != std::string::npos);
}

TEST_CASE("groupings are crossed two at a time") {
  const auto said = [](const std::string& grouping) {
    return message("[outcomes]\ngroupings = [\"" + grouping + "\"]\n" + panel);
  };
  CHECK(said("area_type:lad") == "");
  CHECK(said("area_type:lads").find("crosses 'lads', which is not one of nation, region") !=
        std::string::npos);
  CHECK(said("area_type:").find("crosses ''") != std::string::npos);
  CHECK(said("lad:lad").find("with itself") != std::string::npos);
  CHECK(said("area_type:nation").find("with itself or with the nation") != std::string::npos);
  CHECK(said("area_type:lad:region").find("crosses 'lad:region'") != std::string::npos);
}

TEST_CASE("a result keeps all, groups or a summary") {
  CHECK(message("[store]\nkeep = \"groups\"\n" + panel) == "");
  CHECK(message("[store]\nkeep = \"grups\"\n" + panel).find("did you mean 'groups'?") != std::string::npos);
  CHECK(message("[store]\nkeep = \"summary\"\n[outcomes]\nkeep_draws_of = [\"S01000001\"]\n" + panel)
            .find("keep_draws_of asks for draws of areas") != std::string::npos);
}

TEST_CASE("residual shocks are no choice: they never had an effect") {
  CHECK(message(panel + bootstrap + "[outcomes]\nprocess_noise = false\n") == "");
  CHECK(message(panel + bootstrap + "[outcomes]\nprocess_noise = true\n")
            .find("column 'outcomes.process_noise': value 'true': is withdrawn (it never had an effect)") !=
        std::string::npos);
}

TEST_CASE("an unknown key names its line and the nearest key") {
  CHECK(message("[run]\nsead = 7\n" + panel) ==
        "run.toml:2: column 'run.sead': unknown key; did you mean 'seed'?");
}

TEST_CASE("a key in the wrong section is told where it belongs") {
  CHECK(message("[run]\nhorizon = 7\n" + panel) ==
        "run.toml:2: column 'run.horizon': unknown key; it belongs in [outcomes]");
}

TEST_CASE("an unknown table names its line and the nearest table") {
  CHECK(message(panel + "[outcome]\nhorizon = 3\n") ==
        "run.toml:6: column 'outcome': unknown table; did you mean 'outcomes'?");
}

TEST_CASE("a wrong type says what it is and what is expected") {
  CHECK(message("[run]\nseed = \"seven\"\n" + panel) ==
        "run.toml:2: column 'run.seed': value 'seven': is text; expected a whole number from 0 to "
        "9223372036854775807");
  CHECK(message("[outcomes]\narea = \"uplift\"\n" + panel) ==
        "run.toml:2: column 'outcomes.area': value 'uplift': is text; expected a list of texts; did you mean "
        "[\"uplift\"]?");
  CHECK(message("run = 3\n" + panel) ==
        "run.toml:1: column 'run': value '3': is a whole number; expected a table, [run]");
  CHECK(message("[model]\nname = \"a\"\n") ==
        "run.toml:1: column 'model': is a table; write [[model]], one for each");
}

TEST_CASE("a value out of range gives the range") {
  CHECK(message("[outcomes]\nhorizon = 0\n" + panel) ==
        "run.toml:2: column 'outcomes.horizon': value '0': is out of range; expected a whole number from 1 "
        "to 200");
  CHECK(message("[outcomes]\nquantiles = [0.0, 0.5]\n" + panel) ==
        "run.toml:2: column 'outcomes.quantiles': value '0': is out of range; expected a number between 0 "
        "and 1, both "
        "excluded");
}

TEST_CASE("quantiles ascend") {
  CHECK(message("[outcomes]\nquantiles = [0.5, 0.25]\n" + panel) ==
        "run.toml:2: column 'outcomes.quantiles': value '[0.5, 0.25]': 0.25 follows 0.5; list them in "
        "ascending order, "
        "each once");
}

TEST_CASE("a choice lists what there is") {
  CHECK(message("[weights]\nkind = \"rook\"\n" + panel) ==
        "run.toml:2: column 'weights.kind': value 'rook': is not one of contiguity, knn, distance_band, "
        "inverse_distance, file, flows");
  CHECK(message(panel + "period_effects = \"by_regoin\"\n") ==
        "run.toml:6: column 'model.spillover.period_effects': value 'by_regoin': is not one of none, common, "
        "by_type, "
        "by_region; did you mean 'by_region'?");
}

TEST_CASE("more draws than replicates are refused with both remedies") {
  CHECK(message(panel + bootstrap + "draws = 500\n") ==
        "run.toml:9: column 'bootstrap.draws': value '500': is more than the 99 replicates, and draw d uses "
        "the d-th "
        "successful replicate; lower draws to 99 or raise replicates to 500");
}

TEST_CASE("clusters are never guessed") {
  CHECK(message(panel + "[bootstrap]\nreplicates = 99\n") ==
        "run.toml:6: column 'bootstrap.cluster': is missing: the bootstrap draws whole clusters; write "
        "cluster = "
        "\"lad_code\" in [bootstrap]");
  CHECK(message(panel + scenario) ==
        "run.toml: column 'bootstrap.cluster': is missing: scenarios need joint draws, and the bootstrap "
        "draws whole clusters; "
        "write cluster = \"lad_code\" in [bootstrap]");
  CHECK(message(panel + "interval = \"percentile_t\"\n") ==
        "run.toml: column 'bootstrap.cluster': is missing: the percentile_t interval of model 'spillover' "
        "draws whole clusters; "
        "write cluster = \"lad_code\" in [bootstrap]");
  CHECK(
      message("[[model]]\nname = \"m\"\nkind = \"spatial_lag_panel\"\noutcome = \"y\"\n") ==
      "run.toml:1: column 'model.m.covariance': is missing: standard errors need their clusters named; write "
      "covariance = { kind = \"cluster\", by = \"lad_code\" }");
}

TEST_CASE("a covariance has the columns and the cutoff that it needs") {
  const auto with = [](const std::string& covariance) {
    return message("[[model]]\nname = \"m\"\nkind = \"spatial_lag_panel\"\noutcome = \"y\"\ncovariance = " +
                   covariance);
  };
  CHECK(with("{ kind = \"two_way\", by = \"lad_code\" }") ==
        "run.toml:5: column 'model.m.covariance.by': value 'lad_code': names 1 column; two_way needs two, "
        "for example "
        "[\"lad_code\", \"constituency_code\"]");
  CHECK(
      with("{ kind = \"cluster\" }") ==
      "run.toml:5: column 'model.m.covariance.by': is missing: cluster needs its clusters named; write by = "
      "\"lad_code\"");
  CHECK(with("{ kind = \"conley\" }") ==
        "run.toml:5: column 'model.m.covariance.cutoff_km': is missing: conley needs the kernel's cutoff in "
        "km; write, "
        "for example, cutoff_km = 20");
  CHECK(message("[[model]]\nname = \"m\"\nkind = \"iv\"\noutcome = \"y\"\nendogenous = [\"s\"]\n"
                "instruments = [\"z\"]\ncovariance = { kind = \"driscoll_kraay\" }\n") ==
        "run.toml:7: column 'model.m.covariance.kind': value 'driscoll_kraay': needs periods, which a model "
        "of kind iv has not; choose cluster or two_way");
  CHECK(with("{ kind = \"hc1\", cutoff_km = 3 }") ==
        "run.toml:5: column 'model.m.covariance.cutoff_km': value '3': hc1 does not use it; remove it or "
        "choose conley");
}

TEST_CASE("names are used once and can name a group of the result file") {
  CHECK(message(panel + panel) ==
        "run.toml:7: column 'model.spillover.name': value 'spillover': is used twice; rename one");
  CHECK(message(panel + bootstrap + scenario + scenario) ==
        "run.toml:13: column 'scenario.fence.name': value 'fence': is used twice; rename one");
  CHECK(message(
            "[[model]]\nname = \"a/b\"\nkind = \"spatial_lag_panel\"\noutcome = \"y\"\ncovariance = { kind = "
            "\"hc1\" }\n") ==
        "run.toml:2: column 'model.a/b.name': value 'a/b': holds more than letters, digits, - and _; it "
        "names a group "
        "of the result file");
}

TEST_CASE("a headline is one of the model's estimators") {
  CHECK(message(panel + "estimators = [\"within\"]\nheadline = \"corrected_score\"\n") ==
        "run.toml:7: column 'model.spillover.headline': value 'corrected_score': is not among this model's "
        "estimators "
        "(within, as_published); add it to estimators");
  CHECK(message(panel + "headline = \"corected_score\"\n") ==
        "run.toml:6: column 'model.spillover.headline': value 'corected_score': is not an estimator of "
        "spatial_lag_panel; did you mean 'corrected_score'?");
  CHECK(message(panel + "estimators = [\"within\", \"pooled\"]\n") ==
        "run.toml:1: column 'model.spillover.headline': is missing; say which of within, pooled leads and "
        "feeds the "
        "draws");
}

TEST_CASE("a scenario's estimates are defined in the file") {
  const std::string before = panel + iv + bootstrap + scenario + "[scenario.estimates]\n";  // 19 lines
  CHECK(message(before + "spillover = \"spilover/corrected_score\"\n") ==
        "run.toml:20: column 'scenario.fence.estimates.spillover': value 'spilover/corrected_score': this "
        "file defines "
        "no model 'spilover'; it has spillover, infrastructure; make the two names alike");
  CHECK(message(before + "infrastructure = \"infrastructure/2sl\"\n") ==
        "run.toml:20: column 'scenario.fence.estimates.infrastructure': value 'infrastructure/2sl': model "
        "'infrastructure' has no estimator '2sl'; did you mean '2sls'?");
  CHECK(message(before + "spillover = \"infrastructure/2sls\"\n") ==
        "run.toml:20: column 'scenario.fence.estimates.spillover': value 'infrastructure/2sls': "
        "'infrastructure' is of "
        "kind iv; spillover needs a model of kind spatial_lag_panel");
  CHECK(message(before + "spillover = \"spillover\"\n") ==
        "run.toml:20: column 'scenario.fence.estimates.spillover': value 'spillover': names no estimator; "
        "write "
        "\"spillover/corrected_score\"");
  CHECK(message(before + "spillover = { run = \"other.h5\" }\n") ==
        "run.toml:20: column 'scenario.fence.estimates.spillover.estimate': is missing; write "
        "\"model/estimator\"");
  CHECK(message(iv + bootstrap + scenario) ==
        "run.toml:11: column 'scenario.fence.estimates.spillover': is missing; define a [[model]] of kind "
        "spatial_lag_panel, or name another run's: spillover = { run = \"other.h5\", estimate = "
        "\"model/estimator\" }");
}

TEST_CASE("a parameter's distribution is checked where it is written") {
  const std::string before = panel + bootstrap + scenario + "[scenario.parameters]\n";  // 12 lines
  CHECK(message(before + "share = { distribution = \"prt\", low = 0, high = 1 }\n") ==
        "run.toml:13: column 'scenario.fence.parameters.share.distribution': value 'prt': is not one of "
        "point, uniform, "
        "triangular, pert, normal, lognormal, beta, discrete, empirical; did you mean 'pert'?");
  CHECK(message(before + "share = { distribution = \"pert\", low = 0.2, mode = 0.1, high = 0.3 }\n") ==
        "run.toml:13: column 'scenario.fence.parameters.share': low 0.2 is above mode 0.1");
  CHECK(message(before + "share = { distribution = \"normal\", mean = 1 }\n") ==
        "run.toml:13: column 'scenario.fence.parameters.share': normal needs sd; it is missing");
  CHECK(message(before + "share = { distribution = \"uniform\", low = 0, high = 1, mode = 0.5 }\n") ==
        "run.toml:13: column 'scenario.fence.parameters.share.mode': unknown key; expected one of "
        "distribution, source, "
        "date, low, high");
  CHECK(message(before +
                "share = { distribution = \"discrete\", values = [1, 2], probabilities = [0.5, 0.6] }\n") ==
        "run.toml:13: column 'scenario.fence.parameters.share': probabilities sum to 1.1, not to 1");
}

TEST_CASE("a conversion or a benefit without a source is refused") {
  CHECK(message(panel + bootstrap + scenario + "[scenario.convert]\nfactor = 2.0\n") ==
        "run.toml:12: column 'scenario.fence.convert.source': is missing; nothing is converted without a "
        "source, write "
        "source = \"...\"");
  CHECK(message(panel + "[appraisal.benefits]\ngva = 0.3\n") ==
        "run.toml:7: column 'appraisal.benefits.gva': value '0.3': has no source; a line of benefits says "
        "where its "
        "value comes from: { value = ..., source = \"...\" }");
}

TEST_CASE("a correlation matrix fits its parameters") {
  const std::string before = panel + bootstrap + scenario + "[[correlation]]\n";  // 12 lines
  CHECK(message(before + "parameters = [\"fence.a\", \"fense.b\"]\nmatrix = [[1.0, 0.5], [0.5, 1.0]]\n") ==
        "run.toml:13: column 'correlation[1].parameters': value 'fense.b': this file defines no scenario "
        "'fense'; it has fence; make the two names alike");
  CHECK(message(before + "parameters = [\"fence.a\", \"fence.b\"]\nmatrix = [[1.0, 0.5], [0.4, 1.0]]\n") ==
        "run.toml:14: column 'correlation[1].matrix': value '[[1, 0.5], [0.4, 1]]': is not symmetric: 0.4 "
        "and 0.5 stand "
        "for 'fence.b' with 'fence.a'");
  CHECK(message(before + "parameters = [\"fence.a\", \"fence.b\"]\nmatrix = [[1.0, 0.5]]\n") ==
        "run.toml:14: column 'correlation[1].matrix': value '[[1, 0.5]]': is not 2 x 2, one row and column "
        "for each "
        "parameter");
}

TEST_CASE("the grid of an iv model is coherent") {
  const std::string grid =
      "[[model]]\nname = \"m\"\nkind = \"iv\"\noutcome = \"y\"\ncovariance = { kind = \"hc1\" }\n"
      "proxies = [\"p\", \"q\"]\ninstrument_sets = [[\"r\"], [\"r\", \"s\"]]\n";
  CHECK(message(grid) == "");
  CHECK(message(grid + bootstrap) ==
        "run.toml:1: column 'model.m.headline_cell': is missing; say which cell of the grid feeds the draws, "
        "for "
        "example \"p:r+s\"");
  CHECK(message(grid + "headline_cell = \"p:t\"\n") ==
        "run.toml:8: column 'model.m.headline_cell': value 'p:t': is not a cell of this model's proxies "
        "and instrument_sets; it has p:r, p:r+s, q:r, q:r+s; make the two names alike");
  CHECK(
      message(grid + "endogenous = [\"p\"]\n") ==
      "run.toml:8: column 'model.m.endogenous': proxies takes its place in each cell; remove one of the two");
  CHECK(message(grid + "headline_cell = \"p:r\"\nlacks = [\"q\"]\n") == "");
  CHECK(message(grid + "lacks = [\"s\"]\n") ==
        "run.toml:8: column 'model.m.lacks': value '[s]': names 's', which is no regressor of this model; it "
        "has p, q; make the two names alike");
  CHECK(message(grid + "controls = [\"r\"]\n") ==
        "run.toml:8: column 'model.m.controls': 'r' is also among the instruments; a variable has one role "
        "in a model");
}

TEST_CASE("a key that the kind of model or weights never reads is refused") {
  CHECK(message(panel + "instruments = [\"x\"]\n") ==
        "run.toml:6: column 'model.spillover.instruments': a model of kind spatial_lag_panel does not use "
        "it; remove it "
        "(it is for iv)");
  CHECK(message("[weights]\nk = 4\n" + panel) ==
        "run.toml:2: column 'weights.k': value '4': kind contiguity does not use it; remove it (it is for "
        "knn)");
  CHECK(message("[weights]\nkind = \"distance_band\"\n" + panel) ==
        "run.toml:2: column 'weights.cutoff_km': is missing: distance_band needs the largest distance in km; "
        "write, for "
        "example, cutoff_km = 5");
}

TEST_CASE("an interval belongs to its kind of model") {
  CHECK(message(panel + bootstrap +
                "[[model]]\nname = \"m\"\nkind = \"iv\"\noutcome = \"y\"\nendogenous = [\"s\"]\n"
                "instruments = [\"z\"]\ncovariance = { kind = \"hc1\" }\ninterval = \"year_clusters\"\n") ==
        "run.toml:16: column 'model.m.interval': value 'year_clusters': is an interval of kind "
        "spatial_lag_panel, not of "
        "iv; leave interval out: the interval is wre for 2sls by clusters, Student t elsewhere");
  const auto iv = [](const std::string& covariance) {
    return message(bootstrap +
                   "[[model]]\nname = \"m\"\nkind = \"iv\"\noutcome = \"y\"\nendogenous = [\"s\"]\n"
                   "instruments = [\"z\"]\ninterval = \"wre\"\ncovariance = { " +
                   covariance + " }\n");
  };
  CHECK(iv("kind = \"cluster\", by = \"lad_code\"").empty());
  CHECK(iv("kind = \"hc1\"")
            .find("value 'wre': draws whole clusters, and covariance kind hc1 has none; choose "
                  "cluster or two_way, or leave interval out") != std::string::npos);
  CHECK(message(panel + "interval = \"wre\"\n" + bootstrap)
            .find("is an interval of kind iv, not of spatial_lag_panel; choose percentile_t") !=
        std::string::npos);
  CHECK(message("[[model]]\nname = \"m\"\nkind = \"spatial_autoregression\"\noutcome = \"y\"\n"
                "interval = \"bca\"\n" +
                bootstrap)
            .find("is an interval of kind spatial_lag_panel, not of spatial_autoregression; which is not "
                  "resampled; "
                  "choose normal") != std::string::npos);
}

TEST_CASE("what is not built is withdrawn by name, with what to write") {
  CHECK(message("[[model]]\nname = \"m\"\nkind = \"cross_section\"\noutcome = \"y\"\ncovariance = { kind = "
                "\"hc1\" }\n") ==
        "run.toml:3: column 'model.m.kind': value 'cross_section': is no kind of its own; write kind = "
        "\"iv\" with "
        "estimators = [\"ols\"] and the regressor in endogenous");
  for (const Withdrawn& word : withdrawn_schemes) {
    const std::string said =
        message(panel + "[bootstrap]\nscheme = \"" + std::string(word.name) + "\"\ncluster = \"lad_code\"\n");
    CAPTURE(word.name);
    CHECK(said.find("value '" + std::string(word.name) + "': " + std::string(word.remedy)) !=
          std::string::npos);
    CHECK(std::string(word.remedy).find("cluster_pairs") != std::string::npos);
  }
}

TEST_CASE("a covariance that an estimator cannot have is refused before anything runs") {
  const auto sar = [](const std::string& rest) {
    return message("[[model]]\nname = \"m\"\nkind = \"spatial_autoregression\"\noutcome = \"y\"\n" + rest);
  };
  CHECK(sar("covariance = { kind = \"hc0\" }\n") ==
        "run.toml:5: column 'model.m.covariance.kind': 'hc0' does not go with qml: its standard errors come "
        "from the "
        "information matrix, and under heteroskedasticity rho itself is inconsistent (Lin & Lee 2010); "
        "choose iid, "
        "or estimators = [\"gs2sls\"]");
  CHECK(sar("estimators = [\"gs2sls\"]\ncovariance = { kind = \"hc2\" }\n") ==
        "run.toml:6: column 'model.m.covariance.kind': 'hc2' is not offered for gs2sls; choose iid, hc0, hc1 "
        "or "
        "cluster");
  CHECK(sar("estimators = [\"gs2sls\"]\ncovariance = { kind = \"cluster\", by = \"lad_code\", small_sample = "
            "\"cr3\" }\n") ==
        "run.toml:6: column 'model.m.covariance.small_sample': 'cr3' is not offered for gs2sls; choose cr1");
  CHECK(sar("estimators = [\"gs2sls\"]\nspatial_error = true\n") ==
        "run.toml:6: column 'model.m.spatial_error': gs2sls estimates the spatial lag; spatial_error = true "
        "needs "
        "qml");
  CHECK(
      message("[[model]]\nname = \"m\"\nkind = \"spatial_lag_panel\"\noutcome = \"y\"\nestimators = "
              "[\"double_filter_iv\"]\ncovariance = { kind = \"cluster\", by = \"lad_code\", small_sample = "
              "\"cr3\" }\n") ==
      "run.toml:6: column 'model.m.covariance.small_sample': 'cr3' is not offered for double_filter_iv; "
      "choose "
      "cr1");
}

TEST_CASE("an override at fault names itself, not a line") {
  CHECK(message(panel, {"run.sead=7"}) ==
        "--set run.sead=7: column 'run.sead': unknown key; did you mean 'seed'?");
  CHECK(message(panel, {"run.seed=x7"}) ==
        "--set run.seed=x7: column 'run.seed': value 'x7': is text; expected a whole number from 0 to "
        "9223372036854775807");
  CHECK(message(panel, {"model.spilover.level=0.9"}) ==
        "--set model.spilover.level=0.9: column 'model.spilover': no model of that name; did you mean "
        "'spillover'?");
  CHECK(message(panel, {"scenario.fence.lever=x"}) ==
        "--set scenario.fence.lever=x: column 'scenario.fence': no scenario of that name; the configuration "
        "defines no "
        "[[scenario]]");
  CHECK(message(panel, {"seed=7"}) ==
        "--set seed=7: column 'seed': is not a key; did you mean --set run.seed=...?");
  CHECK(message(panel, {"sed=7"}) ==
        "--set sed=7: column 'sed': is not a key; write --set section.key=value, for example --set "
        "run.seed=7");
  CHECK(message(panel, {"run.seed"}) == "--set run.seed: has no value; write --set section.key=value");
  CHECK(message(panel, {"model.spillover.outcome.low=1"}) ==
        "--set model.spillover.outcome.low=1: column 'model.spillover.outcome.low': "
        "'model.spillover.outcome' is growth, "
        "which has no keys");
}

TEST_CASE("every fault is listed, by line") {
  try {
    parse_config("[run]\nsead = 1\nthreads = -1\n[outcomes]\nhorizon = 500\n" + panel +
                     "better = \"up\"\n[bootstrap]\n",
                 "run.toml", {"data.pakc=x"});
    FAIL("accepted");
  } catch (const InputError& error) {
    REQUIRE(error.faults().size() == 6);
    const std::vector<long> lines = {2, 3, 5, 11, 12, 0};
    for (std::size_t k = 0; k < lines.size(); ++k) CHECK(error.faults()[k].line == lines[k]);
    CHECK(error.faults()[5].file == "--set data.pakc=x");
  }
}

TEST_CASE("a configuration is a regular file of bounded size") {
  CHECK_THROWS_WITH_AS(read_config("nowhere/run.toml"),
                       "nowhere/run.toml: no such configuration; check its path", InputError);
  CHECK_THROWS_WITH_AS(read_config("."), ".: is a folder; expected the file of a configuration", InputError);
  CHECK_THROWS_WITH_AS(read_config("/dev/zero"),
                       "/dev/zero: is a device; expected the file of a configuration", InputError);
}

TEST_CASE("what is nested too deeply is refused before a parser recurses") {
  const auto deep = [](const std::string& head, const std::string& more, int levels,
                       const std::string& tail) {
    std::string text = "[run]\n" + head;
    for (int k = 0; k < levels; ++k) text += more;
    return message(text + tail + "\n");
  };
  const std::string refused =
      "run.toml:2: is nested too deeply; expected at most 32 tables or lists within each other";
  CHECK(deep("a", ".a", 200'000, " = 1") == refused);
  CHECK(deep("[a", " . \"a\"", 200'000, "]") == refused);
  CHECK(deep("a = ", "[", 200'000, "") == refused);
  CHECK(deep("a = ", "{a = ", 200'000, "") == refused);
  CHECK(deep("a", ".a", 33, " = 1") == refused);
  CHECK(deep("a", ".a", 32, " = 1") != refused);
  // Dots and brackets within texts and comments are none.
  const std::string dots(100, '.'), brackets(100, '[');
  for (const std::string& text :
       {"name = \"" + dots + "\"", "name = '" + brackets + "'", "# " + dots + brackets,
        "name = \"\"\"\n\\\"" + brackets + "\"\" " + dots + "\"\"\"", "name = \"\\\"" + brackets + "\""})
    CHECK(message("[run]\n" + text + "\n").find("nested") == std::string::npos);
}

TEST_CASE("a run's name is a plain name") {
  const auto refused = [](const std::string& name) {
    return message("[run]\nname = \"" + name + "\"\n").find("it names the result file") != std::string::npos;
  };
  for (const std::string name :
       {"../../escaped", "/abs", "a/b", "..", ".", "a\\u0000b", "a\\nb", "a\\u001bb"})
    CHECK(refused(name));
  CHECK(refused(std::string(201, 'n')));
  for (const std::string name : {"england", "england 2021", "Ynys M\xc3\xb4n", "a.b-c_d"})
    CHECK(!refused(name));
}

TEST_CASE("a configuration without a model says so") {
  CHECK(message("") ==
        "run.toml: column 'model': no model is defined; write at least one [[model]], `spillway init` writes "
        "an example");
}
