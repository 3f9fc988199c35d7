// Outcomes that were missing, filled by the model itself.
#pragma once
#include "engine/estimate/fit_context.hpp"
#include "engine/estimate/model_data.hpp"

namespace spillway {

/// Fill the outcomes that `pack` has not with what lags, covariates and effects foretell of them at the
/// corrected score (least squares where nothing is dynamic), again and again until they stay. Their residuals
/// are zero then, so such a row says nothing of the coefficients, and what follows a filled value has the
/// error of the value in its own error, uncorrelated with what was filled. Cells of the initial periods, of
/// which the model says nothing, stay as panel_data() filled them, and so do all where no root is found. In
/// spatial_lag_panel.cpp.
void refill(PanelData& data, const PanelModel& model, const DataPack& pack, const FitContext& context);

}  // namespace spillway
