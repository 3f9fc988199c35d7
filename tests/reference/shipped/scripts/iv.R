# Model B by AER, sandwich and lmtest: OLS, 2SLS, their covariances, and AER's three diagnostics.
source("scripts/common.R")
suppressPackageStartupMessages({library(AER); library(sandwich); library(lmtest)})

controls <- c("log_population", "job_density", "inactivity_rate")
d <- areas
named_ours <- function(x) { names(x) <- sub("\\(Intercept\\)", "(Intercept)", names(x)); as.list(x) }
se <- function(V) named_ours(sqrt(diag(V)))
cr <- function(way, type, adjust) function(x) vcovCL(x, cluster = way, type = type, cadjust = adjust)
lad <- d$lad_code
both <- d[, c("lad_code", "constituency_code")]

covariances <- function(fit) list(
  coefficients = named_ours(coef(fit)), iid = se(vcov(fit)), hc0 = se(vcovHC(fit, type = "HC0")), hc1 = se(vcovHC(fit, type = "HC1")),
  lad_cr0 = se(cr(lad, "HC0", FALSE)(fit)), lad_cr1 = se(cr(lad, "HC1", TRUE)(fit)), two_way_cr0 = se(cr(both, "HC0", FALSE)(fit)))

diagnostics <- function(fit, vcov.) {
  table <- summary(fit, vcov. = vcov., diagnostics = TRUE)$diagnostics
  list(weak_f = unname(table[1, "statistic"]), wu_hausman_f = unname(table["Wu-Hausman", "statistic"]),
       wu_hausman_p = unname(table["Wu-Hausman", "p-value"]), sargan = unname(table["Sargan", "statistic"]),
       sargan_p = unname(table["Sargan", "p-value"]))
}

right <- reformulate(c("grants_per_head", controls), "growth_decade")
ols <- lm(right, d)
two <- ivreg(as.formula(paste("growth_decade ~ grants_per_head +", paste(controls, collapse = "+"),
                              "| drug_crime_rate + turnout +", paste(controls, collapse = "+"))), data = d)
values <- list(ols = covariances(ols), two_stage = covariances(two))
values$ols$hc2 <- se(vcovHC(ols, type = "HC2")); values$ols$hc3 <- se(vcovHC(ols, type = "HC3"))
values$diagnostics_iid <- diagnostics(two, NULL)
values$diagnostics_hc1 <- diagnostics(two, function(x) vcovHC(x, type = "HC1"))
values$diagnostics_lad_cr1 <- diagnostics(two, cr(lad, "HC1", TRUE))

# Jackknife over authorities.
jackknife <- function(refit, whole) {
  lads <- unique(lad); G <- length(lads)
  left <- sapply(lads, function(g) coef(refit(d[d$lad_code != g, ])))
  V <- (G - 1) / G * tcrossprod(left - whole); dimnames(V) <- list(names(whole), names(whole)); V
}
values$ols$lad_cr3 <- se(jackknife(function(x) lm(right, x), coef(ols)))
values$two_stage$lad_cr3 <- se(jackknife(function(x) ivreg(formula(two), data = x), coef(two)))

# Analytic weights (population), and authority effects absorbed = dummies.
weighted <- ivreg(formula(two), data = d, weights = d$population)
values$weighted <- list(coefficients = named_ours(coef(weighted)), iid = se(vcov(weighted)), hc0 = se(vcovHC(weighted, type = "HC0")),
                        lad_cr0 = se(cr(lad, "HC0", FALSE)(weighted)))
region <- ivreg(as.formula(paste("growth_decade ~ grants_per_head +", paste(controls, collapse = "+"), "+ factor(region_code)",
                                 "| drug_crime_rate + turnout +", paste(controls, collapse = "+"), "+ factor(region_code)")), data = d)
keep <- c("grants_per_head", controls)
values$absorbed <- list(coefficients = named_ours(coef(region)[keep]), iid = se(vcov(region)[keep, keep]),
                        hc0 = se(vcovHC(region, type = "HC0")[keep, keep]), lad_cr0 = se(cr(lad, "HC0", FALSE)(region)[keep, keep]),
                        weak_f = unname(summary(region, diagnostics = TRUE)$diagnostics[1, "statistic"]))
save_values(values, "iv.json", c("AER", "sandwich", "lmtest"))
