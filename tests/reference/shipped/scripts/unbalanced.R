# Model A where rows are missing: least squares with explicit dummies, plm on the same rows, every covariance.
source("scripts/common.R")
suppressPackageStartupMessages({library(plm); library(sandwich)})

growth <- wide("growth"); gva <- wide("gva")
years <- as.integer(colnames(growth)); T <- length(years)
i <- matrix(seq_len(n) - 1, n, T); t <- matrix(seq_len(T) - 1, n, T, byrow = TRUE)
# The holes, by a rule that the test repeats: scattered ones, areas with one row, an area without any, a year with one area.
growth[(3 * i + 7 * t) %% 11 == 0 | (i %% 2 == 0 & t == 5) | (i %% 23 == 5 & t != 1 + i %% 10) | i == 100 | (t == T - 1 & i != 7)] <- NA
gva[(5 * i + 2 * t) %% 17 == 0] <- NA
x2 <- ((37 * i + 101 * t + (i * t) %% 13) %% 97) / 97

long <- function(m) as.numeric(m)
d <- data.frame(area = rep(areas$area_code, T), year = rep(years, each = n), growth = long(growth), gva = long(gva), x2 = long(x2),
                lad = rep(areas$lad_code, T), region = rep(areas$region_code, T), constituency = rep(areas$constituency_code, T))
previous <- cbind(NA, growth[, -T])
spatial <- W %*% replace(previous, is.na(previous), 0)
spatial[(W > 0) %*% is.na(previous) > 0] <- NA           # a neighbour without a value leaves none
d$previous <- long(previous); d$lag <- long(spatial)
static <- d[complete.cases(d[c("growth", "gva", "x2")]), ]

case <- function(d, slopes, effects, plm_effect = NULL, jackknife = FALSE) {
  dummies <- switch(effects, twoways = "factor(area) + factor(year)", individual = "factor(area)", time = "factor(year)",
                    none = "1", region = "factor(area) + factor(region):factor(year)")
  full <- lm(as.formula(paste("growth ~", paste(c(slopes, dummies), collapse = " + "))), d)
  p <- length(slopes); se <- function(V) named(sqrt(diag(as.matrix(V)))[seq_len(p)], slopes)
  left <- function(v) residuals(lm(as.formula(paste(v, "~", dummies)), d))
  X <- sapply(slopes, left); y <- left("growth"); e <- residuals(full)
  B <- solve(crossprod(X)); N <- nrow(d); K <- full$rank
  bread <- function(meat) B %*% meat %*% B
  clustered <- function(g) crossprod(rowsum(X * e, g))
  G <- length(unique(d$lad))
  by_lad <- bread(clustered(d$lad))
  nested <- p + 1 + (K - p - (if (effects == "time") 0 else length(unique(d$area))))
  if (effects == "time") nested <- K
  values <- list(rows = N, areas = length(unique(d$area)), rank = K, coefficients = named(coef(full)[slopes], slopes), rss = sum(e^2),
                 iid = se(B * sum(e^2) / (N - K)), hc0 = se(bread(crossprod(X * e))), hc1 = se(bread(crossprod(X * e)) * N / (N - K)),
                 lad_cr0 = se(by_lad), lad_cr1 = se(by_lad * G / (G - 1) * (N - 1) / (N - p)),
                 lad_fixest = se(by_lad * G / (G - 1) * (N - 1) / (N - nested)),
                 area_cr0 = se(bread(clustered(d$area))),
                 two_way_cr0 = se(bread(clustered(d$lad) + clustered(d$constituency) - clustered(paste(d$lad, d$constituency)))))
  # Jackknife over authorities: (G - 1)/G sum (theta_-g - theta)^2.
  if (jackknife) without <- sapply(unique(d$lad), function(g) coef(lm(formula(full), d[d$lad != g, ]))[slopes])
  if (jackknife) values$lad_cr3 <- se((G - 1) / G * tcrossprod(without - coef(full)[slopes]))
  # Leverages of the regression with all dummies; rows that a dummy fits alone have none to speak of and no residual.
  h <- hatvalues(full); free <- 1 - h > 1e-9
  values$hc2 <- se(bread(crossprod((X * e / sqrt(pmax(1 - h, 1e-9)))[free, ])))
  values$hc3 <- se(bread(crossprod((X * e / pmax(1 - h, 1e-9))[free, ])))
  span <- min(d$year):max(d$year); sums <- matrix(0, length(span), p)  # a year without a row counts as a lag, not as a sum
  by_year <- rowsum(X * e, d$year); sums[match(as.integer(rownames(by_year)), span), ] <- by_year; periods <- length(span)
  meat <- crossprod(sums)
  for (l in 1:2) { gamma <- crossprod(sums[-seq_len(l), ], sums[seq_len(periods - l), ]); meat <- meat + (1 - l / 3) * (gamma + t(gamma)) }
  values$driscoll_kraay_2 <- se(bread(meat))
  if (!is.null(plm_effect)) {
    fit <- plm(reformulate(slopes, "growth"), pdata.frame(d, index = c("area", "year")), model = "within", effect = plm_effect)
    values$plm <- list(coefficients = named(coef(fit)[slopes], slopes), iid = se(vcov(fit)), rows = nobs(fit),
                       arellano = se(vcovHC(fit, method = "arellano", type = "HC0", cluster = "group")),
                       driscoll_kraay_2 = se(vcovSCC(fit, type = "HC0", maxlag = 2)))
  }
  values
}

x <- c("gva", "x2")
values <- list(two_way = case(static, x, "twoways", "twoways", jackknife = TRUE), area = case(static, x, "individual", "individual"),
               region = case(static, x, "region"), period = case(static, x, "time", "time"))
pooled <- lm(growth ~ gva + x2, static)
values$pooled <- list(coefficients = named(coef(pooled), c("(Intercept)", x)), iid = named(sqrt(diag(vcov(pooled))), c("(Intercept)", x)),
                      hc0 = named(sqrt(diag(vcovHC(pooled, type = "HC0"))), c("(Intercept)", x)))
dynamic <- d[complete.cases(d[c("growth", "gva", "previous", "lag")]), ]
# An area's first year has no row of its own before it: the initial period.
values$dynamic <- case(dynamic, c("lag", "previous", "gva"), "twoways", "twoways")
values$own_lag <- case(d[complete.cases(d[c("growth", "gva", "previous")]), ], c("previous", "gva"), "twoways", "twoways")

save_values(values, "unbalanced.json", c("plm", "sandwich"))
