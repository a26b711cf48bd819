#pragma once

#include "hourglass/evaluation/model_measures.h"
